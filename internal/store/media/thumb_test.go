package media_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"qunying/community"
	"qunying/internal/store/media"
)

func pngOf(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestThumbnail(t *testing.T) {
	for name, c := range map[string]struct {
		w, h, tw, th int
		fill         color.Color
		want         uint8 // of red
	}{
		"wide":        {900, 300, 120, 40, color.RGBA{200, 0, 0, 255}, 200},
		"a line":      {1000, 1, 120, 1, color.RGBA{200, 0, 0, 255}, 200},
		"small":       {20, 10, 20, 10, color.RGBA{10, 0, 0, 255}, 10},
		"transparent": {300, 300, 120, 120, color.RGBA{}, 255},
	} {
		b, err := media.Thumbnail(bytes.NewReader(pngOf(t, c.w, c.h, c.fill)), 120)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		red, _, _, _ := m.At(0, 0).RGBA()
		if s := m.Bounds().Size(); s != image.Pt(c.tw, c.th) || max(int(red>>8), int(c.want))-min(int(red>>8), int(c.want)) > 8 {
			t.Errorf("%s: %v with red %d, want %d×%d with %d", name, s, red>>8, c.tw, c.th, c.want)
		}
	}
}

// A header that promises more pixels than there is room for is not believed.
func TestThumbnailIsBounded(t *testing.T) {
	b := pngOf(t, 4, 4, color.White)
	at := bytes.Index(b, []byte("IHDR")) + 4
	binary.BigEndian.PutUint32(b[at:], 1<<20)
	binary.BigEndian.PutUint32(b[at+4:], 1<<20)
	for name, bad := range map[string][]byte{"a bomb": b, "cut": pngOf(t, 40, 40, color.White)[:60], "no picture": []byte("<svg/>"), "nothing": nil} {
		if _, err := media.Thumbnail(bytes.NewReader(bad), 120); community.CodeOf(err) != community.Unsupported {
			t.Errorf("%s: %v, want unsupported", name, err)
		}
	}
}

func FuzzThumbnail(f *testing.F) {
	f.Add(pngOf(f, 3, 2, color.White))
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black, color.White}), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := media.Thumbnail(bytes.NewReader(data), 16)
		if err != nil {
			return
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(out)); err != nil || max(c.Width, c.Height) > 16 {
			t.Errorf("made %d×%d, %v", c.Width, c.Height, err)
		}
	})
}
