// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pia::slurm {

/// The nodes of Slurm's short form: "node[1-3,07],gpu2" is node1, node2, node3, node07, gpu2. Also with text
/// after the brackets and with several brackets ("r[1-2]n[1-2]"). Nothing for text that is no such list, or
/// names more than 100,000 nodes.
std::vector<std::string> expand_nodes(std::string_view list);

}  // namespace pia::slurm
