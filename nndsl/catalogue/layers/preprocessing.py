"""Preprocessing: images and numbers brought into form, and images varied at random in training."""

from typing import Annotated, Literal

from nndsl.catalogue.applicable import Layer, Weight
from nndsl.catalogue.axes import positions_of
from nndsl.catalogue.kinds import Count, Index, Known, NonNegative, Number
from nndsl.catalogue.layers.reshaping import interpolation_flops, interpolation_without_gradient_in
from nndsl.catalogue.rules import FLOAT, floating, moved, number
from nndsl.catalogue.sight import Sight
from nndsl.types import BadArgument, Shape, Size, SizesDiffer, TensorType, WrongDtype, elements

Seed = Annotated[int, Known(0)] | None
Share = Annotated[float, Number(least=0, most=1)]
Signed = Annotated[float, Number(least=-1, most=1)]
Zoom = Annotated[float, Number(above=-1, most=1)]
Shares = Share | tuple[Share, Share]
SignedRange = Signed | tuple[Signed, Signed]
ValueRange = tuple[float, float]
FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["nearest", "bilinear"]


class Rescaling(Layer):
    """`x * scale + offset`; a list has a number for each channel.

    Shape: `[...] -> [...]`
    """

    keeps_mask = True

    scale: float | tuple[float, ...]
    offset: float | tuple[float, ...] = 0.0

    def infer(self, x: TensorType) -> TensorType:
        for argument in ("scale", "offset"):
            value = getattr(self, argument)
            if isinstance(value, tuple) and (not x.rank or len(value) not in (1, x.shape[-1])):
                raise SizesDiffer(f"has a list of {len(value)} as its {argument}, and needs one for each channel", x, argument=argument)
        return TensorType(FLOAT, x.shape)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 2 * elements(results[0].shape)


class Normalization(Layer):
    """`(x - mean) / sqrt(variance)`, with statistics that are known; with `invert`, the other way round.

    Statistics that are not written are weights, which come from a file (`weights = npz(...)`). Those that are to be taken from the
    data are the work of the data block's `standardize`.

    Shape: `[...] -> [...]`
    """

    keeps_mask = True

    axis: Index | tuple[Index, ...] | None = -1
    mean: float | tuple[float, ...] | None = None
    variance: NonNegative | tuple[NonNegative, ...] | None = None
    invert: bool = False

    def validate(self) -> None:
        if (self.mean is None) != (self.variance is None):
            raise BadArgument("needs both its mean and its variance, or neither", argument="mean" if self.mean is None else "variance")
        if (len(self.mean) if isinstance(self.mean, tuple) else 0) != (len(self.variance) if isinstance(self.variance, tuple) else 0):
            raise BadArgument("needs a mean and a variance of one length", argument="variance")
        if isinstance(self.mean, tuple) and not isinstance(self.axis, int):
            raise BadArgument("needs one axis for its lists of means and variances", argument="axis")

    def infer(self, x: TensorType) -> TensorType:
        kept = () if self.axis is None else tuple(x.shape[one] for one in positions_of(self.axis, x))
        for size in kept:
            number(size, "how long its axis is", x)
        if isinstance(self.mean, tuple) and len(self.mean) not in (1, *kept):
            raise SizesDiffer(f"has {len(self.mean)} means for an axis of {kept[0]}", x, argument="mean")
        return TensorType(FLOAT, x.shape)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        """Statistics that are not written, and how many numbers they were taken from."""
        if self.mean is not None:
            return ()
        kept = () if self.axis is None else positions_of(self.axis, operands[0])
        shape = tuple(operands[0].shape[one] for one in sorted(kept))
        return Weight("mean", shape, False), Weight("variance", shape, False), Weight("count", (), False)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 2 * elements(results[0].shape)


def _axes(image: TensorType) -> Shape:
    """The height, the width and the channels of an image.

    Raises:
        WrongRank: it has other axes.
        BadArgument: some of its positions are masked out.
    """
    if image.mask:
        raise BadArgument("takes images without a mask", image, repair="leave Masking out before it")
    return image.expect("height, width, channels")


class _Image(Layer, abstract=True):
    """What takes images and leaves them images, of float numbers."""

    def infer(self, image: TensorType) -> TensorType:
        _axes(image)
        return TensorType(FLOAT, image.shape)

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        """The rows of an image do not follow each other."""
        return (Sight.UNKNOWN,)


class _Colours(_Image, abstract=True):
    """What changes the colours of images, and so computes with float numbers."""

    def infer(self, image: TensorType) -> TensorType:
        _axes(image)
        return floating(image)


class Resizing(_Image):
    """An image of another height and width.

    Shape: `[height, width, channels] -> [height', width', channels]`
    """

    height: Count
    width: Count
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: Literal["constant"] = "constant"
    fill_value: float = 0.0
    antialias: bool = False

    def validate(self) -> None:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise BadArgument("can crop or pad to keep the aspect ratio, not both", argument="pad_to_aspect_ratio")

    def infer(self, image: TensorType) -> TensorType:
        *_, channels = _axes(image)
        if image.dtype == "bool":
            raise WrongDtype(f"computes with numbers, and this is {image}", image, repair="turn it into numbers with float")
        if image.dtype == "uint32":
            raise WrongDtype(f"is not there for uint32, and this is {image}", image, repair="turn it into numbers with float")
        if self.pad_to_aspect_ratio and not image.is_float:
            raise WrongDtype(f"pads with float numbers, and this is {image}", image, repair="turn it into numbers with float")
        return moved(image, self.height, self.width, channels)

    def windows(self, *operands: TensorType) -> None:
        return None

    def without_gradient_in(self) -> tuple[str, ...]:
        return interpolation_without_gradient_in(self.interpolation)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return interpolation_flops(self.interpolation, results[0])


class CenterCrop(_Image):
    """The middle of an image of known size; one that is too small is enlarged first.

    Shape: `[height, width, channels] -> [height', width', channels]`
    """

    height: Count
    width: Count

    def infer(self, image: TensorType) -> TensorType:
        height, width, channels = _axes(image)
        number(height, "the height of its input", image)
        number(width, "the width of its input", image)
        return TensorType(FLOAT, (self.height, self.width, channels))

    def windows(self, *operands: TensorType) -> None:
        return None


class RandomCrop(CenterCrop):
    """A part of an image, at a random place, to vary training examples (`augment`); too small an image is enlarged.

    Shape: `[height, width, channels] -> [height', width', channels]`
    """

    height: Count
    width: Count
    seed: Seed = None


class RandomFlip(_Image):
    """Mirrors half of the images in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"
    seed: Seed = None


class _Warp(_Image, abstract=True):
    """What moves the pixels of images: between pixels, it computes what is there."""

    def without_gradient_in(self) -> tuple[str, ...]:
        return ("bfloat16",)


class RandomTranslation(_Warp):
    """Shifts images by a random share of their height and width in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    height_factor: SignedRange
    width_factor: SignedRange
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: Seed = None
    fill_value: float = 0.0


class RandomRotation(_Warp):
    """Turns images by a random share of a full turn in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    factor: SignedRange
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: Seed = None
    fill_value: float = 0.0


class RandomZoom(_Warp):
    """Zooms out of images (or in, where a factor is negative) by a random share in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    height_factor: Zoom | tuple[Zoom, Zoom]
    width_factor: Zoom | tuple[Zoom, Zoom] | None = None
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: Seed = None
    fill_value: float = 0.0


class RandomShear(_Warp):
    """Slants images by a random share in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    x_factor: Shares = 0.0
    y_factor: Shares = 0.0
    interpolation: Interpolation = "bilinear"
    fill_mode: FillMode = "reflect"
    fill_value: float = 0.0
    seed: Seed = None


class RandomContrast(_Colours):
    """Raises or lowers the contrast by a random share in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    factor: Shares
    value_range: ValueRange = (0, 255)
    seed: Seed = None


class RandomBrightness(_Colours):
    """Makes images brighter or darker by a random share of the range of values in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    factor: SignedRange
    value_range: ValueRange = (0, 255)
    seed: Seed = None


class RandomInvert(_Colours):
    """Inverts the colours of a random share of the images in training.

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    factor: Shares = 1.0
    value_range: ValueRange = (0, 255)
    seed: Seed = None


class _ColourImage(_Colours, abstract=True):
    """What needs images in red, green and blue."""

    def infer(self, image: TensorType) -> TensorType:
        *_, channels = _axes(image)
        if number(channels, "the number of channels", image) != 3:
            raise SizesDiffer(f"needs images with 3 channels, red, green and blue, not {channels}", image)
        return super().infer(image)


class RandomGrayscale(_ColourImage):
    """Takes the colour out of a random share of the images in training.

    Shape: `[height, width, 3] -> [height, width, 3]`
    """

    factor: Share = 0.5
    seed: Seed = None


class RandomHue(_ColourImage):
    """Turns the hue of images by a random share in training.

    Shape: `[height, width, 3] -> [height, width, 3]`
    """

    factor: Shares
    value_range: ValueRange = (0, 255)
    seed: Seed = None


class RandomSaturation(_ColourImage):
    """Makes the colours of images stronger or weaker by a random share in training.

    Shape: `[height, width, 3] -> [height, width, 3]`
    """

    factor: Shares
    value_range: ValueRange = (0, 255)
    seed: Seed = None


class RandomColorDegeneration(_ColourImage):
    """Mixes images with their grey versions by a random share in training.

    Shape: `[height, width, 3] -> [height, width, 3]`
    """

    factor: Shares
    value_range: ValueRange = (0, 255)
    seed: Seed = None
