//go:build unix

package main

import "syscall"

// freeBytes is how much room a folder's disk has left for us; false where that
// cannot be asked.
func freeBytes(folder string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // it is narrower elsewhere
}
