package media

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif" // GIF, PNG and JPEG are read
	"image/jpeg"
	_ "image/png"
	"io"

	"qunying/community"
)

// Bounds of thumbnails.
const (
	mostPixels = 16 << 20 // of a picture that is made smaller, so 128 MiB at worst
	quality    = 80
)

// making is held by whoever makes a picture smaller: two at once would take the
// room twice.
var making = make(chan struct{}, 1)

// Thumbnail makes a JPEG of a picture, its longer side at most so many pixels. It
// fails with Unsupported for what it cannot read, or is too large to be read.
func Thumbnail(r io.ReadSeeker, side int) ([]byte, error) {
	making <- struct{}{}
	defer func() { <-making }()
	unsupported := community.Errorf(community.Unsupported, "the picture cannot be made smaller")
	head, _, err := image.DecodeConfig(r)
	if err != nil || head.Width < 1 || head.Height < 1 || head.Width > mostPixels/head.Height {
		return nil, unsupported
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	full, _, err := image.Decode(r)
	if err != nil {
		return nil, unsupported
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, smaller(full, side), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// smaller takes the mean of the pixels that become one, at most 8 by 8 of them, on
// white where they are transparent.
func smaller(full image.Image, side int) image.Image {
	from := full.Bounds()
	w, h := from.Dx(), from.Dy()
	longer := max(w, h)
	if longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			area := image.Rect(from.Min.X+x*from.Dx()/w, from.Min.Y+y*from.Dy()/h, from.Min.X+(x+1)*from.Dx()/w, from.Min.Y+(y+1)*from.Dy()/h)
			out.SetRGBA(x, y, mean(full, area))
		}
	}
	return out
}

func mean(full image.Image, area image.Rectangle) color.RGBA {
	const most = 8
	dx, dy := max(1, area.Dx()/most), max(1, area.Dy()/most)
	var r, g, b, n uint32
	for y := area.Min.Y; y < max(area.Max.Y, area.Min.Y+1); y += dy {
		for x := area.Min.X; x < max(area.Max.X, area.Min.X+1); x += dx {
			pr, pg, pb, pa := full.At(x, y).RGBA()
			white := 0xffff - pa
			r, g, b, n = r+(pr+white)>>8, g+(pg+white)>>8, b+(pb+white)>>8, n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff}
}
