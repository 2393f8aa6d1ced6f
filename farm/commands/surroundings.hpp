// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "slurm/place.hpp"

namespace pia::farm {

/// What the environment says; read once, in main.
struct Surroundings {
  std::string working_directory;  ///< absolute
  std::string program;            ///< what the user types: "pia-farm", or "./pia-farm" in a checkout
  std::string script;             ///< the script pia-farm, absolute; empty if it is not known
  std::string digest_file;        ///< of the digest cache; empty if there is no home
  std::string pictures_file;      ///< of WholePictures; empty if there is no home
  std::string site_file;          ///< $PIA_FARM_SITE, else the installation's if it is there, else empty
  slurm::Place place;             ///< alone, the batch process of a Slurm job, or an MPI rank
  enum class Colour { no, yes } colour = Colour::yes;  ///< no: $NO_COLOR is set
  enum class Terminal { dumb, able } terminal = Terminal::able;
};

Surroundings read_surroundings();

/// `path` as an absolute path without "." and "..", and without a slash at its end.
std::string absolute_path(const std::string& path, const Surroundings& surroundings);

}  // namespace pia::farm
