package store

import (
	"errors"
	"os"
	"syscall"
)

// syncData brings a file's content to disk, and of what is known about it only
// what is needed to read it.
func syncData(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}

// syncDir brings to disk which files a folder has.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
