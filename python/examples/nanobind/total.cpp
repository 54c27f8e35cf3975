// A consumer in nanobind: the sum of the numbers of any buffer, whatever its layout.
//
// An argument `nb::ndarray<nb::ro>` would be shorter, but it does not take any buffer: nanobind 3.1 ends the process
// where strides are NULL (every ctypes array), takes characters for integers, and refuses fields of packed records.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace {

// Items need not be aligned: copied out, never read through a cast pointer.
template <typename Number> double read(const char *item) {
    Number number;
    std::memcpy(&number, item, sizeof(Number));
    return static_cast<double>(number);
}

// [rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size.
bool is_one_of(const std::string &code, const char *letters) {
    return code.size() == 1 && std::strchr(letters, code[0]) != nullptr;
}

// The sum of the items from `axis` on, of which `item` is the first.
template <typename Number> double sum_axis(const Py_buffer &view, int axis, const char *item) {
    if (axis == view.ndim) { // [rule: scalar.consumer-handles-ndim0] At once, for a scalar.
        return read<Number>(item);
    }
    double total = 0.0;
    // [rule: consumer.bounds-by-shape] [rule: strides.consumer-handles-nonpositive] Signed steps, in bytes.
    for (Py_ssize_t index = 0; index < view.shape[axis]; ++index) {
        const char *next = item + index * view.strides[axis];
        // [rule: suboffsets.added-after-dereference] [rule: suboffsets.zero-is-dereference]
        if (view.suboffsets != nullptr && view.suboffsets[axis] >= 0) {
            next = *reinterpret_cast<const char *const *>(next) + view.suboffsets[axis];
        }
        total += sum_axis<Number>(view, axis + 1, next);
    }
    return total;
}

template <typename Number> double sum_all(const Py_buffer &view) {
    const char *item = static_cast<const char *>(view.buf);
    if (view.len == 0) { // [rule: empty.no-dereference] Nor is any pointer followed.
        return 0.0;
    }
    // [rule: contig.check-before-flat-access] The fast path, also where strides are NULL against the request, as with
    // ctypes: [rule: strides.null-means-c-array].
    if (view.strides != nullptr && PyBuffer_IsContiguous(&view, 'A') == 0) {
        return sum_axis<Number>(view, 0, item);
    }
    double total = 0.0;
    for (Py_ssize_t offset = 0; offset < view.len; offset += sizeof(Number)) { // [rule: consumer.bounds-by-len]
        total += read<Number>(item + offset);
    }
    return total;
}

// A view that is held: [rule: release.on-every-path] the destructor releases it.
struct View {
    Py_buffer raw{}; // [rule: consumer.zero-init-view]

    // [rule: consumer.ask-only-what-handled] Any layout with its format, not WRITABLE: we only read.
    explicit View(nb::handle exporter) {
        if (PyObject_GetBuffer(exporter.ptr(), &raw, PyBUF_FULL_RO) != 0) {
            throw nb::python_error(); // [rule: refusal.view-not-released] No destructor runs.
        }
    }
    ~View() { PyBuffer_Release(&raw); }
    View(const View &) = delete; // [rule: memory.self-pointers-in-view] `shape` may point into the struct.
};

double total(nb::handle exporter) {
    const View held(exporter);
    const Py_buffer &view = held.raw;
    std::string code = view.format != nullptr ? view.format : "B"; // [rule: format.null-means-B]
    // [rule: format.whitespace-ignored]
    const auto blank = [](unsigned char letter) { return std::isspace(letter) != 0; };
    code.erase(std::remove_if(code.begin(), code.end(), blank), code.end());
    const std::string native = PY_LITTLE_ENDIAN ? "@=<" : "@=>";
    const bool is_native = native.find(code[0]) != std::string::npos;
    // [rule: consumer.byteorder-equivalence] Other marks are not read: their bytes are swapped.
    if (is_native || (view.itemsize == 1 && is_one_of(code.substr(0, 1), "<>!"))) {
        code.erase(0, 1);
    }
    // [rule: consumer.format-checked-before-typed-access]
    switch (view.itemsize) {
    case 1:
        if (is_one_of(code, "b")) return sum_all<std::int8_t>(view);
        if (is_one_of(code, "B?")) return sum_all<std::uint8_t>(view);
        break;
    case 2:
        if (is_one_of(code, "hilqn")) return sum_all<std::int16_t>(view);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint16_t>(view);
        break;
    case 4:
        if (is_one_of(code, "hilqn")) return sum_all<std::int32_t>(view);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint32_t>(view);
        if (is_one_of(code, "f")) return sum_all<float>(view);
        break;
    case 8:
        if (is_one_of(code, "hilqn")) return sum_all<std::int64_t>(view);
        if (is_one_of(code, "HILQN")) return sum_all<std::uint64_t>(view);
        if (is_one_of(code, "d")) return sum_all<double>(view);
        break;
    default:
        break;
    }
    throw nb::value_error("the items are no numbers");
}

}  // namespace

NB_MODULE(total, module) {
    module.def("total", &total, nb::arg("exporter"));
}
