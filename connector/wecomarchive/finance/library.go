//go:build linux

// Package finance binds WeCom's chat archive library (libWeWorkFinanceSdk_C.so)
// at run time. A program with it in is linked dynamically and dies of the
// library's crashes: only the helper process may import it.
package finance

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"

	"qunying/connector/wecomarchive/pipe"
)

// Library is the loaded library, signed in for one secret. It is not safe for
// concurrent use.
type Library struct {
	sdk uintptr

	newSDK     func() uintptr
	init       func(sdk uintptr, corp, secret string) int32
	newSlice   func() uintptr
	freeSlice  func(slice uintptr)
	content    func(slice uintptr) *byte
	sliceLen   func(slice uintptr) int32
	chatData   func(sdk uintptr, seq uint64, limit uint32, proxy, password string, seconds int32, out uintptr) int32
	keyFirst   func(key, message string, out uintptr) int32
	sdkFirst   func(sdk uintptr, key, message string, out uintptr) int32
	newMedia   func() uintptr
	freeMedia  func(media uintptr)
	mediaData  func(sdk uintptr, index, file, proxy, password string, seconds int32, out uintptr) int32
	outIndex   func(media uintptr) *byte
	indexLen   func(media uintptr) int32
	data       func(media uintptr) *byte
	dataLen    func(media uintptr) int32
	isFinished func(media uintptr) int32
}

// Load opens the library at path and binds its functions.
func Load(path string) (*Library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	l := &Library{}
	for name, target := range map[string][]any{
		"NewSdk": {&l.newSDK}, "Init": {&l.init},
		"NewSlice": {&l.newSlice}, "FreeSlice": {&l.freeSlice},
		"GetContentFromSlice": {&l.content}, "GetSliceLen": {&l.sliceLen},
		"GetChatData": {&l.chatData}, "DecryptData": {&l.keyFirst, &l.sdkFirst},
		"NewMediaData": {&l.newMedia}, "FreeMediaData": {&l.freeMedia}, "GetMediaData": {&l.mediaData},
		"GetOutIndexBuf": {&l.outIndex}, "GetIndexLen": {&l.indexLen},
		"GetData": {&l.data}, "GetDataLen": {&l.dataLen}, "IsMediaDataFinish": {&l.isFinished},
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("function %s: %w", name, err)
		}
		for _, t := range target {
			purego.RegisterFunc(t, symbol)
		}
	}
	return l, nil
}

// SignIn prepares the library for a secret, once. The number is the library's code.
func (l *Library) SignIn(corp, secret string) int {
	if l.sdk == 0 {
		l.sdk = l.newSDK()
	}
	return int(l.init(l.sdk, corp, secret))
}

// errTooLong is an answer of more than pipe.MostData.
var errTooLong = errors.New("longer than fits the pipe")

// ChatData reads up to limit records after seq.
func (l *Library) ChatData(r pipe.Request) ([]byte, int, error) {
	return l.slice(func(out uintptr) int32 {
		return l.chatData(l.sdk, r.Seq, r.Limit, r.Proxy, r.ProxyPassword, int32(r.Seconds), out)
	})
}

// Decrypt opens a message with its key.
func (l *Library) Decrypt(r pipe.Request) ([]byte, int, error) {
	return l.slice(func(out uintptr) int32 {
		if r.Form == pipe.SDKFirst {
			return l.sdkFirst(l.sdk, r.Key, r.Message, out)
		}
		return l.keyFirst(r.Key, r.Message, out)
	})
}

// slice lends a slice to a call and copies what it holds afterwards.
func (l *Library) slice(call func(out uintptr) int32) ([]byte, int, error) {
	s := l.newSlice()
	defer l.freeSlice(s)
	if code := call(s); code != 0 {
		return nil, int(code), nil
	}
	b, err := copied(l.content(s), l.sliceLen(s))
	return b, 0, err
}

// Piece is a part of a file.
type Piece struct {
	Data     []byte
	Index    string // to ask for the next one with
	Finished bool
}

// Media reads the piece of a file that follows index ("" at first).
func (l *Library) Media(r pipe.Request) (Piece, int, error) {
	m := l.newMedia()
	defer l.freeMedia(m)
	if code := l.mediaData(l.sdk, r.Index, r.File, r.Proxy, r.ProxyPassword, int32(r.Seconds), m); code != 0 {
		return Piece{}, int(code), nil
	}
	data, err := copied(l.data(m), l.dataLen(m))
	if err != nil {
		return Piece{}, 0, err
	}
	index, err := copied(l.outIndex(m), l.indexLen(m))
	return Piece{Data: data, Index: string(index), Finished: l.isFinished(m) == 1}, 0, err
}

// copied takes n bytes out of the library's memory, which may lack a final NUL.
func copied(p *byte, n int32) ([]byte, error) {
	switch {
	case p == nil || n <= 0:
		return nil, nil
	case int(n) > pipe.MostData:
		return nil, errTooLong
	}
	return append([]byte(nil), unsafe.Slice(p, n)...), nil
}
