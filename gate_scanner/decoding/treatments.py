"""What is tried when a photo cannot be read as it is, in the order of what each win costs."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Final

import cv2
import numpy as np
import zxingcpp

from gate_scanner.decoding import opening
from gate_scanner.decoding.eyes import eyes_beyond
from gate_scanner.decoding.flattening import read_straightened
from gate_scanner.decoding.locating import locate
from gate_scanner.decoding.opening import Grey, Opened
from gate_scanner.decoding.reading import Corners, Reading, Seen, read
from gate_scanner.decoding.second_reader import second_reader

TREATED_SIDE_MAX: Final = 1200
"""Longer sides are reduced to this before treatment: each treatment then costs a few ms."""

ENLARGED_SIDE_MAX: Final = 900
"""Images above this are not enlarged: their modules are large enough, and time is short."""

REFOCUSED_SIDE_MAX: Final = 900
"""A blurred photo has nothing finer; its waves take 20 ms at this size."""

REFOCUSED_SIGMAS: Final = (2.0, 3.0, 4.5)
"""Widths of blur in pixels: two thirds of a module from three to seven pixels large."""

TURNS: Final = (22, 45, 67)
"""Degrees by which a photo is turned and then made higher: paper that leans along a diagonal."""

TURNED_SIDE_MAX: Final = 900
"""Turned images have corners to spare: larger ones take too long."""

GRAINY: Final = (2.5, 0.04)
"""Blur and grain supposed in the dark: the grain is smoothed more than the edges."""

REFOCUSED_NOISE: Final = 0.01
"""Of the picture's own strength: more would leave the blur, less would show the grain."""

REFOCUSED_EDGE: Final = 32
"""Pixels mirrored beyond the edges, so that what leaves on one side does not enter the other."""

STRAIGHTENED_MAX: Final = 5
"""Codes straightened at most for one photo: about 15 ms each."""

SEVERAL: Final = 2
"""Codes in a photo from which its other corners are searched for one more: about 15 ms."""

WHOLE_SIDE: Final = 100_000
"""More than any side: the last look is at a large photo's own pixels."""

_HISTOGRAM: Final = zxingcpp.Binarizer.GlobalHistogram
_LOCAL: Final = zxingcpp.Binarizer.LocalAverage
_FIXED: Final = zxingcpp.Binarizer.FixedThreshold
_AS_IT_IS: Final = zxingcpp.Binarizer.BoolCast


class Looks:
    """The looks taken at one photo, which share the work already done."""

    def __init__(self, photo: bytes, opened: Opened) -> None:
        cv2.setNumThreads(1)  # the pool of workers is the parallelism
        self._photo = photo
        self._grey = opened.grey
        self._reduced = opened.reduced
        self._straightened: set[tuple[int, ...]] = set()

    def first(self) -> Reading:
        """Look at the photo as it is."""
        return self._look(self._grey, _LOCAL)

    def shows_more_than(self, found: Reading) -> bool:
        """Say whether a photo of several codes shows the eyes of one that was not read."""
        if len(found.codes) < SEVERAL:
            return False
        return eyes_beyond(self._grey, [code.corners for code in found.codes]) > 1

    def harder(self) -> Iterator[Reading]:
        """Yield what every treatment shows in turn; the caller stops when it has enough.

        Places are those of the photo that `first` looked at, whatever size a treatment has.
        """
        for _, reading in self.treated():
            yield reading

    def treated(self) -> Iterator[tuple[str, Reading]]:
        """Yield the same with each treatment's name, for the bench that counts what each earns."""
        height, width = self._grey.shape
        for name, image, reading in self._treated():
            yield name, reading.scaled(width / image.shape[1], height / image.shape[0])

    def _treated(self) -> Iterator[tuple[str, Grey, Reading]]:
        """Yield names, the images that places are in, and what was seen there."""
        small = _fit(self._grey, TREATED_SIDE_MAX)
        for name, image, binarizer in _quick(small):
            yield name, image, self._look(image, binarizer)
        yield from _located("located by outline or two eyes", small)
        yield from _located("softened and located", _softened(small))
        for name, image in itertools.chain(_slow(small), _refocused(small)):
            yield name, image, self._look(image, _LOCAL)
        for degrees in TURNS:
            image, back = _turned_higher(small, degrees)
            reading = self._look(image, _LOCAL).placed(back)
            yield f"turned by {degrees}, higher", small, reading
        yield from _read_again(small)
        for channel in opening.colours(self._photo):
            fitted = _fit(channel, TREATED_SIDE_MAX)
            yield "one colour", fitted, self._look(fitted, _LOCAL)
        yield from _located("located in the negative", _u8(255 - small))
        whole = opening.open_grey(self._photo, side_min=WHOLE_SIDE) if self._reduced else None
        if isinstance(whole, Opened):
            yield "a large photo's own pixels", whole.grey, self._look(whole.grey, _LOCAL)

    def _look(self, treated: Grey, binarizer: zxingcpp.Binarizer) -> Reading:
        """Read an image, and straighten what the reader located there without reading it."""
        look = read(treated, binarizer)
        more = (
            read_straightened(treated, seen)
            for seen in look.unread
            if self._is_new(seen, treated) and not look.covers(seen)
        )
        return Reading(look.codes + tuple(code for code in more if code), look.unread)

    def _is_new(self, seen: Seen, treated: Grey) -> bool:
        """Take each place and size once, whatever the scale of the image, and not too many."""
        height, width = treated.shape
        parts = (part for x, y in seen.corners for part in (x / width, y / height))
        place = (seen.modules, *(round(20 * part) for part in parts))
        if place in self._straightened or len(self._straightened) >= STRAIGHTENED_MAX:
            return False
        self._straightened.add(place)
        return True


def _located(name: str, grey: Grey) -> Iterator[tuple[str, Grey, Reading]]:
    """Find codes by their outlines and single eyes, and straighten each."""
    for seen in locate(grey):
        code = read_straightened(grey, seen, turns=4)
        if code is not None:
            yield name, grey, Reading((code,))


def _read_again(small: Grey) -> Iterator[tuple[str, Grey, Reading]]:
    """Let the second reader look, where it is installed."""
    second = second_reader()
    if second is not None:
        yield "second reader", small, second(small)
        for name, image in (("CLAHE", _clahe(small, 4)), ("gamma 4", _gamma(small, 4))):
            yield f"second reader, {name}", image, second(image)


def _quick(small: Grey) -> Iterator[tuple[str, Grey, zxingcpp.Binarizer]]:
    """Make treated images of the same size, each only when it is asked for; 1 to 7 ms a look."""
    yield "one threshold for all", small, _HISTOGRAM
    yield "stretched", _stretched(small), _FIXED
    yield "gamma 2", _gamma(small, 2), _HISTOGRAM
    yield "gamma 0.5", _gamma(small, 0.5), _LOCAL
    yield "adaptive threshold", _adaptive(small), _AS_IT_IS
    yield "gamma 3", _gamma(small, 3), _LOCAL
    yield "CLAHE", _clahe(small, 4), _LOCAL
    yield "sharpened", _sharpened(small, 2), _LOCAL
    yield "softened", _softened(small), _LOCAL


def _slow(small: Grey) -> Iterator[tuple[str, Grey]]:
    """Make enlarged and stretched images, which take 5 to 25 ms a look."""
    enlarged = _scaled(small, 2, 2) if max(small.shape) <= ENLARGED_SIDE_MAX else small
    yield "enlarged, specks closed", _closed(enlarged)
    yield "enlarged, Otsu", _otsu(enlarged)
    yield "wider", _scaled(small, 1.6, 1)
    yield "higher", _scaled(small, 1, 1.6)
    yield "enlarged, CLAHE, softened", _blurred(_clahe(enlarged, 8), 1)
    yield "enlarged, sharpened", _sharpened(enlarged, 3)


def _refocused(small: Grey) -> Iterator[tuple[str, Grey]]:
    """Undo the blur of a lens that focused elsewhere, supposed of three widths (Wiener 1949)."""
    fitted = _fit(small, REFOCUSED_SIDE_MAX)
    scale = 2 if max(fitted.shape) <= REFOCUSED_SIDE_MAX // 2 else 1
    grey = _scaled(fitted, scale, scale) if scale > 1 else fitted
    height, width = (cv2.getOptimalDFTSize(side + 2 * REFOCUSED_EDGE) for side in grey.shape)
    edged = np.pad(
        grey.astype(np.float32),
        ((0, height - grey.shape[0]), (0, width - grey.shape[1])),
        mode="symmetric",
    )
    waves = np.fft.rfft2(edged)
    squared = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width)[None] ** 2
    supposed = [GRAINY, *((sigma, REFOCUSED_NOISE) for sigma in REFOCUSED_SIGMAS)]
    for sigma, noise in supposed:
        passes = np.exp(-2 * (np.pi * sigma * scale) ** 2 * squared).astype(np.float32)
        sharp = np.fft.irfft2(waves * (passes / (passes * passes + noise)), edged.shape)
        clear = np.clip(sharp[: grey.shape[0], : grey.shape[1]], 0, 255).astype(np.uint8)
        yield f"refocused by {sigma:g}", clear


def _fit(grey: Grey, side_max: int) -> Grey:
    longest = max(grey.shape)
    if longest <= side_max:
        return grey
    height, width = (max(1, round(side * side_max / longest)) for side in grey.shape)
    return _u8(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))


def _scaled(grey: Grey, x: float, y: float) -> Grey:
    return _u8(cv2.resize(grey, None, fx=x, fy=y, interpolation=cv2.INTER_CUBIC))


def _gamma(grey: Grey, power: float) -> Grey:
    curve = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return _u8(cv2.LUT(grey, curve))


def _clahe(grey: Grey, tiles: int) -> Grey:
    return _u8(cv2.createCLAHE(clipLimit=4, tileGridSize=(tiles, tiles)).apply(grey))


def _stretched(grey: Grey) -> Grey:
    return _u8(cv2.normalize(grey, np.empty_like(grey), 0, 255, cv2.NORM_MINMAX))


def _sharpened(grey: Grey, sigma: float) -> Grey:
    return _u8(cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), sigma), -1.5, 0))


def _softened(grey: Grey) -> Grey:
    """Take the grain off, and stretch what is left: a photo in the dark."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.2)
    low, high = np.percentile(soft, (1, 99))
    scale = 255 / max(1.0, float(high - low))
    return _u8(np.clip((soft.astype(np.float32) - float(low)) * scale, 0, 255))


def _turned_higher(grey: Grey, degrees: float) -> tuple[Grey, Callable[[Corners], Corners]]:
    """Turn, then stretch upright by two: what leaned towards a corner stands square again.

    Answers the way back too, from its places to those of `grey`.
    """
    scale = min(1.0, TURNED_SIDE_MAX / max(grey.shape))
    height, width = grey.shape
    across = scale * math.hypot(height, width)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    turn[:, 2] += (across / 2 - width / 2, across / 2 - height / 2)
    turn[1] *= 2
    size = (round(across), round(2 * across))
    # Each pixel is an average of those it stands for, or the smaller image would show moire.
    soft = grey if scale == 1 else cv2.GaussianBlur(grey, (0, 0), 0.4 / scale)
    image = cv2.warpAffine(soft, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    (a, b, x0), (c, d, y0) = cv2.invertAffineTransform(turn)

    def back(corners: Corners) -> Corners:
        return tuple((a * x + b * y + x0, c * x + d * y + y0) for x, y in corners)

    return _u8(image), back


def _closed(grey: Grey) -> Grey:
    return _u8(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def _blurred(grey: Grey, sigma: float) -> Grey:
    return _u8(cv2.GaussianBlur(grey, (0, 0), sigma))


def _adaptive(grey: Grey) -> Grey:
    window = max(3, max(grey.shape) // 8 | 1)
    return _u8(
        cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, 5)
    )


def _otsu(grey: Grey) -> Grey:
    return _u8(cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])


def _u8(pixels: cv2.typing.MatLike) -> Grey:
    """Narrow OpenCV's type of a result: every one here is 8-bit grey."""
    return np.asarray(pixels, dtype=np.uint8)
