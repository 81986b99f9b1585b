// SPDX-License-Identifier: BSL-1.0
#include "loaded.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace bench {
namespace {

// What comes with every program, whatever it does.
bool is_of_the_system(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename();
  for (const char* known :
       {"libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "ld-linux", "libpthread.so", "libdl.so", "lib-counting"})
    if (name.starts_with(known)) return true;
  return name.empty() || name.starts_with("linux-vdso");
}

std::vector<std::string> files_beside(void* handle) {
  std::vector<std::string> out;
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return out;
  while (map->l_prev != nullptr) map = map->l_prev;
  for (; map != nullptr; map = map->l_next)
    if (!is_of_the_system(map->l_name)) out.emplace_back(std::filesystem::weakly_canonical(map->l_name));
  return out;
}

// Makes a namespace that begins with an object, whose names come before all others there. Each namespace has a C
// library of its own, and that one counts the keys of thread-specific data from zero; but the thread's table of data
// behind them is one for all. So each is given keys that no other one has.
Lmid_t make_namespace(void* first) {
  static unsigned taken = 0;
  constexpr unsigned keys_of_one = 64;  // whole blocks of the table
  Lmid_t space = LM_ID_BASE;
  if (first == nullptr || dlinfo(first, RTLD_DI_LMID, &space) != 0) throw std::runtime_error(dlerror());
  const auto make_key = reinterpret_cast<decltype(&pthread_key_create)>(dlsym(first, "pthread_key_create"));
  taken += keys_of_one;
  for (unsigned i = 0; make_key != nullptr && i < taken; ++i) {
    pthread_key_t unused = 0;
    if (make_key(&unused, nullptr) != 0) throw std::runtime_error("too many modules for one process");
  }
  return space;
}

}  // namespace

const side* loaded::find(std::string_view name) const {
  const auto* end = table->sides + table->side_count;
  const auto* found = std::find_if(table->sides, end, [&](const side& s) { return s.name == name; });
  return found == end ? nullptr : found;
}

std::string path_of(const place& where, std::string_view kind, std::string_view name, std::string_view suffix) {
  std::string file(kind);
  file.append("-").append(name).append(suffix);
  return std::filesystem::absolute(where.folder) / file;
}

std::vector<std::string> names_in(const place& where, std::string_view kind) {
  std::vector<std::string> out;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(where.folder, ec)) {
    const std::filesystem::path& path = entry.path();
    const std::string stem = path.stem(), head = std::string(kind) + "-";
    if (path.extension() == ".so" && stem.starts_with(head)) out.push_back(stem.substr(head.size()));
  }
  if (ec) throw std::runtime_error("cannot read " + where.folder + ": " + ec.message());
  std::sort(out.begin(), out.end());
  return out;
}

loaded load(const place& where, std::string_view kind, const std::string& name, bool counts) {
  const std::string path = path_of(where, kind, name);
  const std::string begins_with = counts ? path_of(where, "lib", "counting") : "libc.so.6";
  void* first = dlmopen(LM_ID_NEWLM, begins_with.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (first == nullptr) throw std::runtime_error(std::string("cannot load a module: ") + dlerror());
  void* handle = dlmopen(make_namespace(first), path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error("cannot load " + path + ": " + dlerror());
  const auto table = reinterpret_cast<module_function>(dlsym(handle, "plugtls_bench_module"));
  if (table == nullptr) throw std::runtime_error(path + " is no benchmark module");
  loaded out;
  out.path = path;
  out.id = (kind == "bench" ? "" : std::string(kind) + "-") + name + (where.prefix.empty() ? "" : "@" + where.prefix);
  out.prefix = where.prefix;
  out.table = table();
  out.memory = reinterpret_cast<memory_function>(dlsym(first, "plugtls_bench_memory"));
  out.files = files_beside(handle);
  std::erase_if(out.files, [&](const std::string& f) {
    return std::filesystem::path(f).stem() == std::filesystem::path(path).stem();
  });
  const auto inside = [&](const std::string& f) { return f.starts_with(where.prefix); };
  if (!where.prefix.empty() && std::none_of(out.files.begin(), out.files.end(), inside))
    throw std::runtime_error("the " + name + " that was loaded does not come from " + where.prefix + ", but from " +
                             (out.files.empty() ? "nowhere" : out.files.front()));
  return out;
}

loaded load_plainly(const loaded& known) {
  loaded out = known;
  void* handle = dlopen(known.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error("cannot load " + known.path + ": " + dlerror());
  out.table = reinterpret_cast<module_function>(dlsym(handle, "plugtls_bench_module"))();
  return out;
}

std::size_t loaded_size(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  ElfW(Ehdr) head{};
  in.read(reinterpret_cast<char*>(&head), sizeof head);
  if (!in || std::string_view(reinterpret_cast<char*>(head.e_ident), 4) != ELFMAG) return 0;
  std::size_t sum = 0;
  for (int i = 0; i < head.e_phnum; ++i) {
    ElfW(Phdr) part{};
    in.seekg(static_cast<std::streamoff>(head.e_phoff) + i * static_cast<std::streamoff>(sizeof part));
    in.read(reinterpret_cast<char*>(&part), sizeof part);
    if (in && part.p_type == PT_LOAD) sum += part.p_memsz;
  }
  return in ? sum : 0;
}

}  // namespace bench
