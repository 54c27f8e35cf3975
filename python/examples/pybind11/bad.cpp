// The commonest slips of exporters in pybind11, one class each. Do not copy this file: see image.cpp and vector.cpp.
// What is wrong stands beside `[breaks: ...]`; all images have 2 x 3 pixels, counted from 0.

#include <cstdint>
#include <numeric>
#include <vector>

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

struct Pixels {
    std::vector<float> items = std::vector<float>(6);
    Pixels() { std::iota(items.begin(), items.end(), 0.0F); }
};

const std::string f = py::format_descriptor<float>::format();

// Nobody counts the views, and the vector moves.
struct Moves : Pixels {
    py::buffer_info lend() { return {items.data(), 4, f, 1, {py::ssize_t(items.size())}, {4}}; }
    void grow() { items.resize(1 << 20); } // [breaks: export.locks-resize]
};

// Strides count items.
struct CountsItems : Pixels {
    // [breaks: strides.bytes-not-elements]
    py::buffer_info lend() { return {items.data(), 4, f, 2, {2, 3}, {3, 1}}; }
};

// A format that is not the type's: `l` has 8 bytes on Linux and 4 on Windows.
struct WrongFormat : Pixels {
    // [breaks: format.native-vs-standard-size]
    py::buffer_info lend() { return {items.data(), 4, "l", 2, {2, 3}, {12, 4}}; }
};

// Memory that is const, given away for writing: `readonly` is the last argument, and false by default.
struct ConstMemory {
    static constexpr std::uint8_t table[6] = {0, 1, 2, 3, 4, 5};
    py::buffer_info lend() { // [breaks: memory.writable-when-not-readonly]
        return {const_cast<std::uint8_t *>(table), 1, "B", 2, {2, 3}, {3, 1}};
    }
};

// Width and height change places, and the strides do not.
struct SwappedAxes : Pixels { // [breaks: consistency.declared-shape]
    py::buffer_info lend() { return {items.data(), 4, f, 2, {3, 2}, {12, 4}}; }
};

// Upside down, from the wrong end: the first item with index 0 is that of the last row.
struct WrongEnd : Pixels {
    // [breaks: memory.verify-structure] [breaks: consistency.declared-values]
    py::buffer_info lend() { return {items.data(), 4, f, 2, {2, 3}, {-12, 4}}; }
};

// A copy of its own for each request, never freed: pybind11 frees the description, not the memory.
struct Leaks : Pixels {
    py::buffer_info lend() {
        auto *copy = new std::vector<float>(1 << 16); // [breaks: leak.memory]
        return {copy->data(), 4, f, 1, {py::ssize_t(copy->size())}, {4}};
    }
};

template <typename Class> py::class_<Class> add(py::module_ &module, const char *name) {
    py::class_<Class> type(module, name, py::buffer_protocol());
    type.def(py::init<>()).def_buffer(&Class::lend);
    return type;
}

}  // namespace

PYBIND11_MODULE(bad, module) {
    add<Moves>(module, "Moves").def("grow", &Moves::grow);
    add<CountsItems>(module, "CountsItems");
    add<WrongFormat>(module, "WrongFormat");
    add<ConstMemory>(module, "ConstMemory");
    add<SwappedAxes>(module, "SwappedAxes");
    add<WrongEnd>(module, "WrongEnd");
    add<Leaks>(module, "Leaks");
}
