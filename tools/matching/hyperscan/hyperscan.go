//go:build hyperscan

// Package hyperscan runs libhs through cgo, as the limit to compare with.
package hyperscan

/*
#cgo LDFLAGS: -lhs
#include <hs/hs.h>
#include <stdlib.h>

static int count(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *ctx) {
	++*(unsigned long long *)ctx;
	return 0;
}

static hs_error_t compile(const char **words, const size_t *sizes, const unsigned int *flags, const unsigned int *ids,
	unsigned int n, hs_database_t **db, hs_compile_error_t **err) {
	return hs_compile_lit_multi(words, flags, ids, sizes, n, HS_MODE_BLOCK, NULL, db, err);
}

// scan_all scans every message once, so that crossing from Go is paid once.
static hs_error_t scan_all(const hs_database_t *db, hs_scratch_t *s, const char *text, const unsigned int *ends,
	unsigned int n, unsigned long long *hits) {
	unsigned int start = 0;
	for (unsigned int i = 0; i < n; i++) {
		hs_error_t e = hs_scan(db, text + start, ends[i] - start, 0, s, count, hits);
		if (e != HS_SUCCESS) return e;
		start = ends[i];
	}
	return HS_SUCCESS;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Database is a compiled list of words with the memory to scan with.
type Database struct {
	db      *C.hs_database_t
	scratch *C.hs_scratch_t
}

// Compile compiles words as literals.
func Compile(words []string) (*Database, error) {
	n := len(words)
	texts := make([]*C.char, n)
	sizes := make([]C.size_t, n)
	flags := make([]C.uint, n)
	ids := make([]C.uint, n)
	for i, w := range words {
		texts[i], sizes[i], ids[i] = C.CString(w), C.size_t(len(w)), C.uint(i)
	}
	defer func() {
		for _, t := range texts {
			C.free(unsafe.Pointer(t))
		}
	}()
	// C may not keep pointers to Go memory that holds pointers.
	list := (**C.char)(C.malloc(C.size_t(n) * C.size_t(unsafe.Sizeof(texts[0]))))
	defer C.free(unsafe.Pointer(list))
	copy(unsafe.Slice(list, n), texts)
	d := &Database{}
	var why *C.hs_compile_error_t
	if C.compile(list, &sizes[0], &flags[0], &ids[0], C.uint(n), &d.db, &why) != C.HS_SUCCESS {
		return nil, fmt.Errorf("hyperscan: %s", C.GoString(why.message))
	}
	if e := C.hs_alloc_scratch(d.db, &d.scratch); e != C.HS_SUCCESS {
		return nil, fmt.Errorf("hyperscan: no scratch: %d", e)
	}
	return d, nil
}

// ScanAll scans texts that stand one after the other, each up to its end, and
// returns the number of hits.
func (d *Database) ScanAll(text []byte, ends []uint32) (uint64, error) {
	var hits C.ulonglong
	e := C.scan_all(d.db, d.scratch, (*C.char)(unsafe.Pointer(&text[0])), (*C.uint)(unsafe.Pointer(&ends[0])), C.uint(len(ends)), &hits)
	if e != C.HS_SUCCESS {
		return 0, fmt.Errorf("hyperscan: scan: %d", e)
	}
	return uint64(hits), nil
}
