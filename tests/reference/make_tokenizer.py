# SPDX-License-Identifier: Apache-2.0
"""Write golden/tokenizer.json: pairs of a text and its ids, from transformers' slow CLIPTokenizer without ftfy.

ids as SD uses them: begin, at most 75 tokens, end; not padded. With --check: compare only (the other transformers version).
"""
import json
import random
import sys
import unicodedata

import transformers

import common

HAND = r"""
lightning, lighthouse
1boy playing magic fire
a golden labrador is running
cherry blossoms in the wind, raidenshogundef, yaemikodef, best quality, 4k
it's a cat's 4k photo, 1990!!
1girl is smiling, lowres,watermark
1girl, snowing dark night
1bear walking in a shop, best quality, 4k
(masterpiece:1.2), [bad], {curly} <angle> <lora:x:0.8>
a_b_c __init__ snake_case kebab-case
I'm you're he's she'd they'll we've don't can't
I'M YOU'RE HE'S SHE'D THEY'LL WE'VE DON'T CAN'T
i'M you'Re he'S she'D they'lL we'vE
'twas 'tis rock'n'roll o'clock '90s ' s 't 'x '' '''s
it’s a cat’s ‘curly’ “quoted” text
3.14159 1,000,000 0x1F 1e-9 1/2 50% $9.99 €5 #1 @home
2024-11-22T18:43:11Z v1.2.3-rc.4+build5
http://example.com/a?b=c&d=e#f user@example.com C:\path\file.txt
&amp; &lt;tag&gt; &quot;quoted&quot; &#39; &eacute; &nbsp; &amp;amp;
<|startoftext|> <|endoftext|>
a<|endoftext|>b
<|startoftext|>a cat<|endoftext|>
<|STARTOFTEXT|> <|EndOfText|>
<|startoftext |> <| endoftext|> <|endoftext|
<|pad|> <|endoftext|>!
!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~
... --- === *** !!! ??? ?!?! ,,,, ;;;; ::::
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!
-._.-^-._.-^-._.-^
:) :-( ;-) XD <3 </3 ¯\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻
naïve café résumé jalapeño Ångström Zürich smörgåsbord
straße STRASSE ẞ groß GROẞ
İstanbul ISTANBUL ıstanbul istanbul Iı İi
Σίσυφος ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ ὀδυσσεύς τέλος ς σ
Ϲ ϲ ϐ ϑ ϕ ϖ ϰ ϱ ϵ
привет мир ПРИВЕТ МИР Ёлка ёлка Ѣ ѣ
שלום עולם שָׁלוֹם
مرحبا بالعالم مَرْحَبًا ٠١٢٣٤٥٦٧٨٩
नमस्ते दुनिया हिन्दी क्षत्रिय ०१२३
สวัสดีชาวโลก ๐๑๒๓
გამარჯობა მსოფლიო ᲒᲐᲛᲐᲠᲯᲝᲑᲐ
Բարեւ աշխարհ և
Ꭰꭰ ᏣᎳᎩ ꮳꮃꭹ Ᏸᏸ
ⰀⰁ ⴰⵣⵓⵍ ᠮᠣᠩᠭᠣᠯ
安红 一只猫 日本語のテキスト こんにちは世界 カタカナ ｶﾀｶﾅ
中文和English混排text测试
𠀀𠀁𠮷野家 㐀 豈 﨎 𪜀 丽
안녕하세요 세계 한국어 ㄱㄴㄷ ㅏㅑ
가각힣
ＡＢＣａｂｃ１２３！？ ｆｕｌｌｗｉｄｔｈ
𝐀𝐁𝐂 𝒜𝓑 𝔄𝔅 𝟘𝟙𝟚 𝕏 𝖆 𝜋
½ ¼ ¾ ² ³ ¹ ₂ ① ② Ⅳ ⅳ ⅷ ㊀ ㋀ 六
ﬁne ﬂow ﬀ ﬃ ĳ ǆ ǅ Ǆ ŉ
™ ® © ℃ ℉ Å K Ω № ℡
→ ← ↑ ⇒ ∀x∈ℝ: ⌈x⌉ ≤ ∞ ∑ √2 ± × ÷
€ £ ¥ ₹ ₿ ¢ ¤
░▒▓█ ▲△▼ ★☆ ♠♥♦♣ ☃ ☀ ⚡
😀 😃😄 😂🤣
👨‍👩‍👧‍👦 family 👩🏽‍🚀 astronaut 🏳️‍🌈 flag 🇯🇵🇺🇸 🏴󠁧󠁢󠁥󠁮󠁧󠁿
❤️ ❤ ☕️ 1️⃣ #️⃣ 👍🏿
cat😺dog 😺cat dog😺
supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis
Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch
z̸̢̧̛̛a̷̡͜l̵̢͝g̴̨̛o̶͜͝
a ́ é e̊ ñ ä̈ q̃ x⃗
café vs café; Å vs Å vs Å; ö vs ö
한글 vs 한글
ཀྵ ཬ ਲ਼ ড়  ि ି
raidenshogundef yaemikodef bad_pictures negative_hand-neg
wOrD WoRd CamelCaseWords SCREAMING_SNAKE
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
ababababababababababababababababababababababababababababababababababababababab
1234567890123456789012345678901234567890123456789012345678901234567890123456789012345
ʻokina ʼ ʹ ˈ ˌ ª º ǃ ǂ
ᾳ ᾼ ΐ ΰ ῗ ǰ ẖ ẗ ẘ ẙ ẚ և ﬓ
Ⓐⓐ Ꜳꜳ Ⱥⱥ Ɐɐ Ↄↄ
""".strip("\n").split("\n")

SPACES = ["\t", "\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u00a0", "\u1680", "\u180e",
          "\u2000", "\u2003", "\u2007", "\u2009", "\u200a", "\u200b", "\u200c", "\u200d", "\u200e", "\u2028", "\u2029",
          "\u202a", "\u202f", "\u205f", "\u2060", "\u2066", "\u3000", "\ufeff", "\ufffd", "\ufffe", "\u00ad", "\u034f",
          "\u061c", "\ufe0f", "\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\U0010ffff", "\U000e0001", "\U000e0020"]
CONTROLS = [chr(c) for c in (*range(1, 9), *range(0x0E, 0x1C), 0x7F, 0x80, 0x84, 0x86, 0x9F)]

RANGES = {  # for the random texts
    "ascii": (0x20, 0x7E), "latin-1": (0xA0, 0xFF), "latin-extended": (0x100, 0x24F), "ipa-modifiers": (0x250, 0x2FF),
    "combining": (0x300, 0x36F), "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F), "armenian-hebrew": (0x530, 0x5FF),
    "arabic": (0x600, 0x6FF), "indic": (0x900, 0xDFF), "thai-lao-tibetan": (0xE00, 0xFFF),
    "georgian-jamo": (0x10A0, 0x11FF), "ethiopic-cherokee": (0x1200, 0x13FF), "khmer-mongolian": (0x1780, 0x18AF),
    "phonetic-latin-greek": (0x1D00, 0x1FFF), "punctuation-symbols": (0x2000, 0x2BFF), "glagolitic-coptic": (0x2C00, 0x2DFF),
    "cjk-symbols-kana": (0x3000, 0x33FF), "cjk": (0x3400, 0x9FFF), "yi-vai-latin-d": (0xA000, 0xABFF),
    "hangul": (0xAC00, 0xD7A3), "compatibility": (0xF900, 0xFFFD), "plane-1-scripts": (0x10000, 0x1123F),
    "plane-1-rest": (0x11240, 0x1D7FF), "emoji": (0x1F000, 0x1FAFF), "cjk-supplement": (0x20000, 0x2FA1F),
    "any": (0x1, 0x10FFFF),
}
WORDS = ("a the cat Dog girl's walking, best quality 4K masterpiece 1girl; solo (smile) don't 35mm f/1.4 Über naïve "
         "GREG rutkowski artstation trending-on 8k_uhd <|endoftext|> 猫 ねこ кот &amp; 'll I'VE 1990s!! éclair").split()


def random_text(rng, low, high):
    """A text of one to four words; unassigned code points are left out, so that newer Unicode tables don't change it."""
    words = []
    for _ in range(rng.randint(1, 4)):
        word = ""
        while len(word) < rng.randint(1, 7):
            c = chr(rng.randint(low, high))
            if unicodedata.category(c) not in ("Cs", "Cn"):
                word += c
        words.append(word)
    return " ".join(words)


def texts():
    yield from ("", " ", "a", "A", common.NEGATIVE, common.POSITIVE)
    yield "collar, leashes, collars, " + common.NEGATIVE.split(", disgusting")[0]
    yield from HAND
    for text in HAND:
        for form in ("NFC", "NFD"):
            if unicodedata.normalize(form, text) != text:
                yield unicodedata.normalize(form, text)
    for c in SPACES + CONTROLS:
        yield f"red{c}cat"
        yield f"{c}red {c} cat{c}"
    rng = random.Random(20241122)
    for low, high in RANGES.values():
        for _ in range(12):
            yield random_text(rng, low, high)
    for _ in range(60):
        yield rng.choice([" ", "  ", ", ", ""]).join(rng.choice(WORDS) for _ in range(rng.randint(2, 30)))
    for _ in range(40):
        yield "".join(rng.choice(list("abzABZ 019'’.,!?-_sStTdD<|>&;\n\u00a0éß猫😀\u0301")) for _ in range(rng.randint(1, 40)))


if __name__ == "__main__":
    tokenize = common.tokenizer()
    pairs = [(text, tokenize(text, max_length=77, truncation=True).input_ids) for text in dict.fromkeys(texts())]
    path = common.GOLDEN / "tokenizer.json"
    if "--check" in sys.argv:
        old = [tuple(pair) for pair in json.loads(path.read_text())]
        differing = [(a, b[1]) for a, b in zip(old, pairs, strict=True) if a != b]
        print(f"tokenizer.json against transformers {transformers.__version__}: {len(differing)} of {len(old)} differ")
        for (text, ids), other in differing[:20]:
            print(ascii(text), ids, other)
    else:
        path.write_text("[\n" + ",\n".join(json.dumps(pair) for pair in pairs) + "\n]\n")
        print(len(pairs), "texts")
