// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::farm {

/// Opens /dev/null as each of the descriptors 0, 1 and 2 that whoever started this process has closed: else
/// the next file that is opened, the journal for one, becomes what is printed to. First thing in main.
void fill_standard_streams();

}  // namespace pia::farm
