// SPDX-License-Identifier: Apache-2.0
#include "dsl/schema.hpp"

#include <nlohmann/json.hpp>

#include "dsl/internal/key_table.hpp"
#include "dsl/internal/match.hpp"
#include "dsl/internal/read.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl {
namespace {

using namespace internal;
using Json = nlohmann::ordered_json;

Json ref(const std::string& name) {
  return {{"$ref", "#/definitions/" + name}};
}

Json any_of(std::initializer_list<Json> forms) {
  Json list = Json::array();
  for (const Json& form : forms) list.push_back(form);
  return {{"anyOf", std::move(list)}};
}

Json list_of(const Json& items) {
  return {{"type", "array"}, {"items", items}};
}

Json text(int shortest = 0) {
  Json json = {{"type", "string"}};
  if (shortest > 0) json["minLength"] = shortest;
  return json;
}

Json number(const Key& key) {
  const bool is_whole = key.type != Type::real && key.type != Type::affinity;
  Json json = {{"type", is_whole ? "integer" : "number"}};
  const auto bound = [&](double value) {
    return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
  };
  if (key.range.from != Range{}.from)
    json[key.range.above ? "exclusiveMinimum" : "minimum"] = bound(key.range.from);
  if (key.range.to != Range{}.to) json["maximum"] = bound(key.range.to);
  return json;
}

Json words_of(std::span<const std::string_view> words) {
  Json list = Json::array();
  for (const std::string_view word : words) list.push_back(word);
  return list;
}

Json magnitudes() {
  Json list = words_of(jobs::words<jobs::Magnitude>());
  for (const Json& other : {Json("medium"), Json(0), Json(1), Json(2)}) list.push_back(other);
  return {{"enum", std::move(list)}};
}

Json travel() {
  return {{"type", "object"},
          {"properties",
           {{"head", text()},
            {"tail", text()},
            {"hold", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
            {"interp", {{"enum", words_of(jobs::words<jobs::Blending>())}}},
            {"wrap", {{"type", "boolean"}}}}},
          {"patternProperties", {{"^(-?[0-9]+|[0-9.]+%?|-?[0-9]+:-?[0-9]+)$", text()}}},
          {"additionalProperties", false}};
}

Json windows() {
  return {{"type", "object"},
          {"properties",
           {{"length", {{"type", "integer"}, {"minimum", 2}, {"maximum", 1000}}},
            {"overlap", {{"type", "integer"}, {"minimum", 0}, {"maximum", 999}}},
            {"schedule", {{"enum", words_of(jobs::words<jobs::WindowSchedule>())}}}}},
          {"additionalProperties", false}};
}

Json lora_by(const std::string& key) {
  const Json weight = number(*find_key(Section::lora, "weight"));
  return {{"type", "object"},
          {"properties", {{key, text(1)}, {"weight", weight}, {"weight_te", weight}}},
          {"required", {key}},
          {"additionalProperties", false}};
}

Json spelled(const Key& key) {
  Json list = words_of(key.words());
  for (const std::string& spelling : parts_of(key.spellings))
    list.push_back(spelling.substr(0, spelling.find('=')));
  return {{"enum", std::move(list)}};
}

Json from_to(const Key& key) {
  return {{"type", "object"},
          {"properties", {{"from", number(key)}, {"to", number(key)}}},
          {"required", {"from", "to"}},
          {"additionalProperties", false}};
}

// What a key may be set to.
Json value_of(const Key& key) {
  switch (key.type) {
    case Type::table:
      return {{"type", "object"}};
    case Type::text:
      return text();
    case Type::label:
    case Type::path:
      return text(1);
    case Type::roots:
      return any_of({text(1), list_of(text(1))});
    case Type::texts:
      return list_of(text(1));
    case Type::word:
      return spelled(key);
    case Type::words:
      return list_of({{"enum", words_of(key.words())}});
    case Type::flag:
      return {{"type", "boolean"}};
    case Type::whole:
    case Type::real:
      return number(key);
    case Type::seed:
      return any_of({{{"type", "integer"}, {"minimum", key.section == Section::shot ? -1 : 0}},
                     {{"type", "string"}, {"pattern", "^(auto(\\+[0-9]+)?|-1|[0-9]+)$"}}});
    case Type::magnitude:
      return magnitudes();
    case Type::affinity: {
      Json list = list_of(number(key));
      list["minItems"] = 1;
      return any_of({list, from_to(key)});
    }
    case Type::prompt:
      return any_of({text(), travel()});
    case Type::triggers:
      return any_of({text(1), list_of(text(1)), {{"const", false}}});
    case Type::loras:
      return list_of(any_of({lora_by("id"), lora_by("path")}));
    case Type::context:
      return any_of({{{"const", false}}, windows()});
  }
  return Json::object();
}

Json described(const Key& key, Json json) {
  json["description"] = key.meaning;
  if (const auto initial = key.initial; !initial.empty()) {
    const Json value = Json::parse(initial, nullptr, false);
    if (!value.is_discarded()) json["default"] = value;
  }
  return json;
}

Json object_of(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

// The table of a section, with `more` for what the key table calls a table.
Json section(Section which, const Json& more = Json::object()) {
  Json properties = Json::object();
  for (const Key* key : keys_of(which)) {
    const std::string name(key->name);
    Json json = described(*key, more.contains(name) ? more[name] : value_of(*key));
    if (!key->accepted.empty()) properties[std::string(key->accepted)] = json;
    properties[name] = std::move(json);
  }
  return object_of(std::move(properties));
}

// Each shot key, through `form`.
template <class Form>
Json shot_keys(Form form) {
  Json properties = Json::object();
  for (const Key* key : keys_of(Section::shot)) {
    properties[std::string(key->name)] = form(*key);
  }
  return properties;
}

Json axes() {
  Json properties = shot_keys([](const Key& key) {
    Json list = list_of(value_of(key));
    list["minItems"] = 1;
    const bool may_be_text =
        key.type == Type::whole || key.type == Type::real || key.type == Type::seed || key.name == "image";
    return may_be_text ? any_of({list, text(1)}) : list;
  });
  for (const char* label : {"name", "tags", "priority"}) properties.erase(label);
  return object_of(std::move(properties));
}

// A value, a pattern, or a list of these.
Json match() {
  Json properties = shot_keys([](const Key& key) {
    const Json one = any_of({value_of(key), text(1)});
    return any_of({one, list_of(one)});
  });
  properties["id"] = any_of({text(1), list_of(text(1))});
  Json json = object_of(std::move(properties));
  json["minProperties"] = 1;
  return json;
}

Json by_id(const std::string& definition) {
  return {{"type", "object"}, {"additionalProperties", ref(definition)}};
}

Json definitions() {
  const Json grid = {{"axes", ref("axes")},
                     {"pairs", list_of(ref("shot"))},
                     {"exclude", list_of(ref("match"))},
                     {"include", list_of(ref("shot"))}};
  return {{"job", section(Section::job)},
          {"paths", section(Section::paths)},
          {"output", section(Section::output, {{"gallery", section(Section::gallery)}})},
          {"quality", section(Section::quality)},
          {"train", section(Section::train)},
          {"optimizer", section(Section::optimizer)},
          {"data", section(Section::data)},
          {"train_output", section(Section::train_output)},
          {"model", section(Section::model)},
          {"motion", section(Section::motion)},
          {"image", section(Section::image)},
          {"lora", section(Section::lora)},
          {"prompt", any_of({section(Section::prompt_id), travel()})},
          {"defaults", section(Section::defaults)},
          {"shot", section(Section::shot)},
          {"grid", section(Section::grid, grid)},
          {"axes", axes()},
          {"match", match()},
          {"override", section(Section::overrides, {{"match", ref("match")}, {"set", ref("shot")}})}};
}

}  // namespace

std::string job_schema() {
  const Json tables = {{"job", ref("job")},
                       {"paths", ref("paths")},
                       {"models", by_id("model")},
                       {"motions", by_id("motion")},
                       {"images", by_id("image")},
                       {"loras", by_id("lora")},
                       {"embeddings", {{"type", "object"}, {"additionalProperties", text(1)}}},
                       {"prompts", by_id("prompt")},
                       {"defaults", ref("defaults")},
                       {"shot", list_of(ref("shot"))},
                       {"grid", list_of(ref("grid"))},
                       {"output", any_of({ref("output"), ref("train_output")})},
                       {"quality", ref("quality")},
                       {"train", ref("train")},
                       {"optimizer", ref("optimizer")},
                       {"data", ref("data")},
                       {"override", list_of(ref("override"))}};
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "A job file of pia-farm"}};
  schema.update(section(Section::top, tables));
  schema["required"] = {"format"};
  schema["definitions"] = definitions();
  return schema.dump(2) + "\n";
}

}  // namespace pia::dsl
