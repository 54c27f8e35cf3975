// A grey or colour image of bytes that lends its pixels through pybind11's `def_buffer`.
// Knows nothing of bufcheck: this is what an extension author writes.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

class Image {
public:
    Image(std::size_t height, std::size_t width, std::size_t channels)
        : height_(height), width_(width), channels_(channels), pixels_(height * width * channels) {
        if (channels == 0) {
            throw std::invalid_argument("an image has at least one channel");
        }
        for (std::size_t index = 0; index < pixels_.size(); ++index) {
            pixels_[index] = static_cast<std::uint8_t>(index);
        }
    }

    py::buffer_info lend() {
        const auto item = static_cast<py::ssize_t>(sizeof(std::uint8_t));
        const auto height = static_cast<py::ssize_t>(height_);
        const auto width = static_cast<py::ssize_t>(width_);
        const auto channels = static_cast<py::ssize_t>(channels_);
        return py::buffer_info(pixels_.data(), item, py::format_descriptor<std::uint8_t>::format(), 3,
                               {height, width, channels}, {width * channels * item, channels * item, item});
    }

    // One channel as seen without copying: every `channels`-th byte.
    py::buffer_info lend_channel(std::size_t channel) {
        const auto height = static_cast<py::ssize_t>(height_);
        const auto width = static_cast<py::ssize_t>(width_);
        const auto channels = static_cast<py::ssize_t>(channels_);
        return py::buffer_info(pixels_.data() + channel, 1, py::format_descriptor<std::uint8_t>::format(), 2,
                               {height, width}, {width * channels, channels});
    }

    std::size_t channels() const { return channels_; }

    void fill(std::uint8_t value) { pixels_.assign(pixels_.size(), value); }

    // The fault: nobody asks whether a view is held.
    void resize(std::size_t height, std::size_t width) {
        height_ = height;
        width_ = width;
        std::vector<std::uint8_t>(height * width * channels_).swap(pixels_);
    }

private:
    std::size_t height_;
    std::size_t width_;
    std::size_t channels_;
    std::vector<std::uint8_t> pixels_;
};

// Holds a name of the image, so that the pixels live as long as a view of the channel.
struct Channel {
    py::object image;
    std::size_t index;
};

}  // namespace

PYBIND11_MODULE(image, module) {
    module.doc() = "Images that lend their pixels.";

    py::class_<Image>(module, "Image", py::buffer_protocol())
        .def(py::init<std::size_t, std::size_t, std::size_t>(), py::arg("height"), py::arg("width"),
             py::arg("channels") = 3)
        .def("fill", &Image::fill, py::arg("value"))
        .def("resize", &Image::resize, py::arg("height"), py::arg("width"))
        .def("channel",
             [](py::object self, std::size_t index) {
                 if (index >= self.cast<Image &>().channels()) {
                     throw py::index_error("no such channel");
                 }
                 return Channel{self, index};
             },
             py::arg("index"))
        .def_buffer([](Image &image) { return image.lend(); });

    py::class_<Channel>(module, "Channel", py::buffer_protocol())
        .def_buffer([](Channel &channel) { return channel.image.cast<Image &>().lend_channel(channel.index); });
}
