package detect

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif" // formats of Decode
	_ "image/jpeg"
	_ "image/png"
	"io"

	"github.com/makiuchi-d/gozxing"
	multi "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"

	"qunying/community"
)

// Bounds of an image in which codes are looked for.
const (
	maxImage  = 10 << 20 // bytes
	maxPixels = 40_000_000
	maxSide   = 1200 // larger ones are made smaller first, which hurts no code that a phone can read
	maxCodes  = 10

	maxCorners = 200 // what looks like the corner of a code; three belong to each
)

// Codes returns what the QR codes in an image (JPEG, PNG or GIF) say, each once.
// It takes tens of milliseconds. Errors are Invalid (no image, or one beyond the
// bounds of 10 MiB and 40 megapixels) or the reader's own.
func Codes(r io.Reader) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxImage+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxImage {
		return nil, community.Errorf(community.Invalid, "the image is larger than %d MiB", maxImage>>20)
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, noImage(err)
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, community.Errorf(community.Invalid, "the image has %d × %d pixels, more than %d megapixels", size.Width, size.Height, maxPixels/1_000_000)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, noImage(err)
	}
	return readCodes(shrink(picture))
}

func noImage(err error) error {
	return &community.Error{Code: community.Invalid, Text: "this is no image that can be read", Hint: "JPEG, PNG or GIF", Err: err}
}

// shrink makes an image of at most maxSide by averaging grey values.
func shrink(picture image.Image) *image.Gray {
	b := picture.Bounds()
	step := (max(b.Dx(), b.Dy()) + maxSide - 1) / maxSide
	out := image.NewGray(image.Rect(0, 0, max(b.Dx()/step, 1), max(b.Dy()/step, 1)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum, n := uint32(0), uint32(0)
			for dy := 0; dy < step && y*step+dy < b.Dy(); dy++ {
				for dx := 0; dx < step && x*step+dx < b.Dx(); dx++ {
					r, g, b, a := picture.At(b.Min.X+x*step+dx, b.Min.Y+y*step+dy).RGBA()
					light := (299*r + 587*g + 114*b) / 1000
					sum += (light + 0xFFFF - a) >> 8 // on white
					n++
				}
			}
			out.Pix[y*out.Stride+x] = uint8(min(sum/n, 255))
		}
	}
	return out
}

// readCodes looks for codes. The library is trusted with nothing: where it
// panics on an image that was made for it, no code can be read.
func readCodes(picture *image.Gray) (codes []string, err error) {
	defer func() {
		if recover() != nil {
			codes, err = nil, community.Errorf(community.Invalid, "the codes in the image cannot be read")
		}
	}()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return nil, noImage(err)
	}
	corners := 0
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if corners++; corners > maxCorners {
				panic("too many corners") // all threes of them would be tried; recovered above
			}
		}),
	}
	results, err := multi.NewQRCodeMultiReader().DecodeMultiple(bitmap, hints)
	if err != nil || len(results) == 0 {
		corners = 0
		one, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
		var none gozxing.ReaderException
		switch {
		case errors.As(err, &none):
			return nil, nil
		case err != nil:
			return nil, &community.Error{Code: community.Invalid, Text: "the codes in the image cannot be read", Err: err}
		}
		results = []*gozxing.Result{one}
	}
	seen := map[string]bool{}
	for _, r := range results {
		if text := r.GetText(); text != "" && !seen[text] && len(codes) < maxCodes {
			seen[text] = true
			codes = append(codes, text)
		}
	}
	return codes, nil
}
