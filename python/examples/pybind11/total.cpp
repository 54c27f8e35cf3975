// A consumer in pybind11: the sum of the numbers of any buffer with strides.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

// Items need not be aligned: copied out, never read through a cast pointer.
template <typename Number> double read(const char *item) {
    Number number;
    std::memcpy(&number, item, sizeof(Number));
    return static_cast<double>(number);
}

// The sum of the items from `axis` on, of which `item` is the first.
template <typename Number> double sum_axis(const py::buffer_info &info, py::ssize_t axis, const char *item) {
    if (axis == info.ndim) { // [rule: scalar.consumer-handles-ndim0] At once, for a scalar.
        return read<Number>(item);
    }
    double total = 0.0;
    // [rule: consumer.bounds-by-shape] [rule: strides.consumer-handles-nonpositive] Signed steps, in bytes: `ptr`
    // cast to `Number *` and indexed, as many a tutorial does, reads a slice wrong.
    for (py::ssize_t index = 0; index < info.shape[axis]; ++index) {
        total += sum_axis<Number>(info, axis + 1, item + index * info.strides[axis]);
    }
    return total;
}

template <typename Number> double sum_all(const py::buffer_info &info) {
    const char *item = static_cast<const char *>(info.ptr);
    if (info.size == 0) { // [rule: empty.no-dereference]
        return 0.0;
    }
    // [rule: contig.check-before-flat-access] The fast path. The order of the items makes no difference to a sum;
    // where it does, ask for 'C'.
    if (PyBuffer_IsContiguous(info.view(), 'A') == 0) {
        return sum_axis<Number>(info, 0, item);
    }
    double total = 0.0;
    for (py::ssize_t index = 0; index < info.size; ++index) { // [rule: consumer.bounds-by-len]
        total += read<Number>(item + index * static_cast<py::ssize_t>(sizeof(Number)));
    }
    return total;
}

// [rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size.
bool is_one_of(const std::string &code, const char *letters) {
    return code.size() == 1 && std::strchr(letters, code[0]) != nullptr;
}

double total(const py::buffer &exporter) {
    // [rule: consumer.ask-only-what-handled] `request()` asks strides and format, and nothing to write; with `true`
    // it asks WRITABLE, which `bytes` refuses. Suboffsets are not asked: such memory is refused by its exporter.
    // [rule: release.on-every-path] The destructor releases the view, so keep `info` while you use `info.ptr`.
    const py::buffer_info info = exporter.request();
    std::string code = info.format;
    // [rule: format.whitespace-ignored]
    const auto blank = [](unsigned char letter) { return std::isspace(letter) != 0; };
    code.erase(std::remove_if(code.begin(), code.end(), blank), code.end());
    const std::string native = PY_LITTLE_ENDIAN ? "@=<" : "@=>";
    // [rule: consumer.byteorder-equivalence] Other marks are not read: their bytes are swapped.
    const bool is_native = native.find(code[0]) != std::string::npos;
    if (is_native || (info.itemsize == 1 && is_one_of(code.substr(0, 1), "<>!"))) {
        code.erase(0, 1);
    }
    // [rule: consumer.format-checked-before-typed-access]
    switch (info.itemsize) {
    case 1:
        if (is_one_of(code, "b")) return sum_all<std::int8_t>(info);
        if (is_one_of(code, "B?")) return sum_all<std::uint8_t>(info);
        break;
    case 2:
        if (is_one_of(code, "hilqn")) return sum_all<std::int16_t>(info);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint16_t>(info);
        break;
    case 4:
        if (is_one_of(code, "hilqn")) return sum_all<std::int32_t>(info);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint32_t>(info);
        if (is_one_of(code, "f")) return sum_all<float>(info);
        break;
    case 8:
        if (is_one_of(code, "hilqn")) return sum_all<std::int64_t>(info);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint64_t>(info);
        if (is_one_of(code, "d")) return sum_all<double>(info);
        break;
    default:
        break;
    }
    throw py::value_error("no number: format " + info.format);
}

}  // namespace

PYBIND11_MODULE(total, module) {
    module.def("total", &total, py::arg("exporter"));
}
