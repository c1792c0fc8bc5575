package detect

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"qunying/community"
)

// code draws a QR code.
func code(t testing.TB, text string, size int) image.Image {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, size, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// photo is a noisy picture with codes in it.
func photo(width, height int, codes ...image.Image) *image.RGBA {
	random := rand.New(rand.NewPCG(5, 6))
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range out.Pix {
		out.Pix[i] = uint8(150 + random.IntN(60))
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	for i, c := range codes {
		at := image.Pt(40+i*width/2, 30)
		draw.Draw(out, c.Bounds().Add(at), c, c.Bounds().Min, draw.Src)
	}
	return out
}

// turned turns a picture by 90 degrees.
func turned(p image.Image) image.Image {
	b := p.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(b.Dy()-1-y, x, p.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// tinted gives a picture other colours than black and white.
func tinted(p image.Image) image.Image {
	out := image.NewRGBA(p.Bounds())
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			c := color.RGBA{20, 90, 40, 255}
			if r, _, _, _ := p.At(x, y).RGBA(); r > 0x8000 {
				c = color.RGBA{240, 230, 200, 255}
			}
			out.Set(x, y, c)
		}
	}
	return out
}

func TestCodes(t *testing.T) {
	const link = "https://u.wechat.com/MAbcdefGhi"
	for _, c := range []struct {
		name    string
		picture image.Image
		want    []string
	}{
		{"alone", code(t, link, 200), []string{link}},
		{"in a photo", photo(640, 480, code(t, link, 240)), []string{link}},
		{"small in a large photo", photo(1600, 1200, code(t, link, 400)), []string{link}},
		{"turned", turned(photo(640, 480, code(t, link, 240))), []string{link}},
		{"in colour", tinted(code(t, link, 240)), []string{link}},
		{"two", photo(1000, 480, code(t, link, 300), code(t, "加微信 abc12345", 300)), []string{link, "加微信 abc12345"}},
		{"the same twice", photo(1000, 480, code(t, link, 300), code(t, link, 300)), []string{link}},
		{"none", photo(640, 480), nil},
		{"one pixel", image.NewGray(image.Rect(0, 0, 1, 1)), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := []bytes.Buffer{{}, {}}
			if err := png.Encode(&files[0], c.picture); err != nil {
				t.Fatal(err)
			}
			if err := jpeg.Encode(&files[1], c.picture, &jpeg.Options{Quality: 70}); err != nil {
				t.Fatal(err)
			}
			if c.name == "alone" { // to write others takes seconds
				files = append(files, bytes.Buffer{})
				if err := gif.Encode(&files[2], c.picture, nil); err != nil {
					t.Fatal(err)
				}
			}
			for i := range files {
				got, err := Codes(&files[i])
				slices.Sort(got)
				if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
					t.Errorf("format %d: %v (-want +got):\n%s", i, err, diff)
				}
			}
		})
	}
}

// TestCodesInHostileImage has corners of codes and no code: whoever tries all
// threes of them is busy for days.
func TestCodesInHostileImage(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 1200, 1200))
	for y := range 1200 {
		for x := range 1200 {
			u, v := x%18/2-1, y%18/2-1 // modules of two pixels, corners of seven
			d := max(u-3, 3-u, v-3, 3-v)
			if u < 0 || v < 0 || u > 6 || v > 6 || d == 2 {
				picture.Pix[y*picture.Stride+x] = 255
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	if got, _ := Codes(&file); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

func TestCodesRefuses(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(file.Bytes())
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65,536 × 65,536, before anything of that size is made
	for name, data := range map[string]string{
		"text": "no image", "nothing": "", "too many pixels": string(huge), "cut off": file.String()[:40], "too large": strings.Repeat("x", maxImage+1),
	} {
		if got, err := Codes(strings.NewReader(data)); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func FuzzCodes(f *testing.F) {
	var file bytes.Buffer
	if err := png.Encode(&file, code(f, "加微信", 40)); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if size, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (size.Width > 300 || size.Height > 300) {
			return
		}
		if codes, err := Codes(bytes.NewReader(data)); err != nil && community.CodeOf(err) != community.Invalid || len(codes) > maxCodes {
			t.Fatal(codes, err)
		}
	})
}
