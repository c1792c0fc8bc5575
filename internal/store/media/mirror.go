package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Beside is the folder beside a backup in which its pictures and files are. They are
// there once for all backups of a folder, as of the newest one.
func Beside(folder string) string { return filepath.Join(folder, "media") }

// Mirror makes a folder hold the files of another, no more and no less: what was
// erased there is gone here, too. A file costs no room where both are on one disk.
// It answers how many files there are.
func Mirror(ctx context.Context, from, to string) (files int, err error) {
	if files, _, err = bring(ctx, from, to, false); err != nil {
		return files, err
	}
	err = eachFile(ctx, to, func(path string) error {
		_, err := os.Stat(filepath.Join(from, path))
		if errors.Is(err, fs.ErrNotExist) {
			return os.Remove(filepath.Join(to, path))
		}
		return err
	})
	return files, err
}

// Bring carries the files of a folder to another, whole or not at all, and leaves
// those alone that are there. damaged counts those whose bytes are not what their
// names say: they stay behind. Every file is read, also where linking it would do.
func Bring(ctx context.Context, from, to string) (files, damaged int, err error) {
	return bring(ctx, from, to, true)
}

func bring(ctx context.Context, from, to string, check bool) (files, damaged int, err error) {
	err = eachFile(ctx, from, func(path string) error {
		is, err := os.Stat(filepath.Join(from, path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just gone
		}
		if err != nil {
			return err
		}
		if has, err := os.Stat(filepath.Join(to, path)); err == nil && has.Size() == is.Size() {
			files++
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o700); err != nil {
			return unwritable(err)
		}
		switch err := carry(ctx, filepath.Join(from, path), filepath.Join(to, path), check); {
		case errors.Is(err, errDamaged):
			damaged++
			return nil
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		}
		files++
		return nil
	})
	return files, damaged, err
}

var errDamaged = errors.New("media: the bytes are not what the name says")

// carry links or copies a file, and reads what it copies; with check also what it links.
func carry(ctx context.Context, from, to string, check bool) error {
	if check {
		if err := whole(ctx, from); err != nil {
			return err
		}
	}
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	part, err := os.CreateTemp(filepath.Dir(filepath.Dir(to)), partPrefix+"*")
	if err != nil {
		return unwritable(err)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(onDisk{part}, sum), stopping{ctx, in})
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != filepath.Base(from) {
		err = errDamaged
	}
	if err = errors.Join(err, part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), to)
	}
	if err != nil {
		os.Remove(part.Name())
	}
	return err
}

// whole reads a file and fails with errDamaged where it is not what its name says.
func whole(ctx context.Context, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, stopping{ctx, in}); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != filepath.Base(path) {
		return errDamaged
	}
	return nil
}

// eachFile calls f for every file of a folder that is named as ours are: community,
// two letters, sum. A folder that is not there has none.
func eachFile(ctx context.Context, folder string, f func(path string) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		within, err := filepath.Rel(folder, path)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		parts := strings.Split(filepath.ToSlash(within), "/")
		if len(parts) != 3 || !sumForm.MatchString(parts[2]) || parts[1] != parts[2][:2] {
			return nil
		}
		if _, err := strconv.ParseInt(parts[0], 10, 64); err == nil {
			return f(within)
		}
		return nil
	})
}
