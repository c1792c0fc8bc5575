// Package web carries the built browser side inside the binary.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Nonce is what index.html holds where a fresh content-security-policy nonce
// belongs. Whoever serves index.html replaces every occurrence, per response;
// that file therefore has no precompressed copy.
const Nonce = "__NONCE__"

// Console returns the files of the operators' console: index.html, which answers
// every path that is not a file, and assets/ with hashed names, which may be
// cached for good. In place of a file F that compresses well there are F.br and
// F.gz. It reports false when the binary was built without `npm run build`.
func Console() (fs.FS, bool) { return built("dist/console") }

// Member returns the files of the members' page, as Console does those of the
// console. Its index.html makes no styles of its own and needs no nonce.
func Member() (fs.FS, bool) { return built("dist/member") }

func built(folder string) (fs.FS, bool) {
	files, err := fs.Sub(dist, folder)
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return nil, false
	}
	return files, true
}
