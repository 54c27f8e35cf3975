// Arrays without a class of their own, in nanobind: an `nb::ndarray` that is returned exports its memory.
//
// nanobind answers the requests itself. It does not look at the contiguity flags, except that it refuses memory
// with gaps to those who did not ask for strides. bufcheck.toml records that; return a class such as image.cpp's
// where consumers ask C_CONTIGUOUS or F_CONTIGUOUS.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;

namespace {

using Array = nb::ndarray<nb::array_api, float, nb::ndim<2>>;
using Frozen = nb::ndarray<nb::array_api, const float, nb::ndim<2>>;

float *numbers(std::size_t count) {
    float *items = new float[count];
    for (std::size_t index = 0; index < count; ++index) {
        items[index] = static_cast<float>(index);
    }
    return items;
}

// [rule: lifetime.view-outlives-names] The capsule owns the memory: without an owner nanobind would lend memory
// that nobody keeps (or copy it, depending on the policy).
nb::capsule owner_of(float *items) {
    return nb::capsule(items, [](void *memory) noexcept { delete[] static_cast<float *>(memory); });
}

Array rows(std::size_t height, std::size_t width) {
    float *items = numbers(height * width);
    return Array(items, {height, width}, owner_of(items));
}

// Strides of an ndarray count items, not bytes: nanobind multiplies.
Array columns(std::size_t height, std::size_t width) {
    float *items = numbers(height * width);
    return Array(items, {height, width}, owner_of(items), {1, static_cast<std::int64_t>(height)});
}

// [rule: request.writable-refused-when-readonly] `const float` makes it read-only.
Frozen frozen(std::size_t height, std::size_t width) {
    float *items = numbers(height * width);
    return Frozen(items, {height, width}, owner_of(items));
}

}  // namespace

NB_MODULE(ndarray, module) {
    module.def("rows", &rows, nb::arg("height"), nb::arg("width"));
    module.def("columns", &columns, nb::arg("height"), nb::arg("width"));
    module.def("frozen", &frozen, nb::arg("height"), nb::arg("width"));
}
