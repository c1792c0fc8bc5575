package store

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"

	"qunying/community"
)

// syncer brings SQLite's write-ahead log to disk beside the writer, so that the
// next transaction need not wait for the disk. A commit writes to the log's file
// only; whoever has to know that it will outlast a power cut is answered after the
// file was synced, many by one call. What is lost of the file's end in a power cut
// is the newest, never something older than what was kept.
type syncer struct {
	disk   func() error     // brings the file to disk
	close  func() error     // lets go of it
	asks   chan func(error) // told when what was committed before they asked is on disk
	made   atomic.Int64     // commits so far
	kept   atomic.Int64     // of these, the first so many are on disk
	failed atomic.Pointer[community.Error]
}

// newSyncer takes the write-ahead log of an open SQLite database. It may be opened
// and closed at will: SQLite's locks are on the other files.
func newSyncer(path string) (*syncer, error) {
	file, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	if err == nil {
		err = syncDir(filepath.Dir(path)) // it may be new
	}
	if err != nil {
		return nil, &community.Error{Code: community.Unavailable, Text: "the database's write-ahead log cannot be opened", Hint: "check the rights of " + path + "-wal", Err: err}
	}
	return &syncer{disk: func() error { return syncData(file) }, close: file.Close, asks: make(chan func(error), 4096)}, nil
}

// run answers until quit is closed and all who asked before are answered.
func (s *syncer) run(quit <-chan struct{}) {
	var list []func(error)
	for {
		select {
		case ask := <-s.asks:
			list = append(list[:0], ask)
		case <-quit:
			list = list[:0]
		}
		for n := len(s.asks); n > 0; n-- {
			list = append(list, <-s.asks)
		}
		if len(list) == 0 {
			return
		}
		err := s.sync()
		for _, ask := range list {
			ask(err)
		}
	}
}

// sync brings every commit so far to disk. After it has failed once nobody can
// tell what of the file is there, so that nothing more is taken.
func (s *syncer) sync() error {
	made := s.made.Load()
	if s.failed.Load() == nil && s.kept.Load() < made {
		if err := s.disk(); err != nil {
			s.failed.Store(&community.Error{Code: community.Unavailable, Text: "the disk did not take what was written; nothing more is written until a restart",
				Hint: "check the disk of the data folder, then start again", Err: err})
		} else {
			s.kept.Store(made)
		}
	}
	return s.err()
}

func (s *syncer) err() error {
	if err := s.failed.Load(); err != nil {
		return err
	}
	return nil
}

// onDisk calls told once all that is committed is on disk, or could not be brought
// there.
func (db *DB) onDisk(told func(error)) {
	if db.syncer == nil {
		told(nil)
		return
	}
	db.syncer.asks <- told
}

// Sync returns when all that was committed before is on disk. What was read may be
// told to the outside after it: a power cut does not make it untrue any more.
func (db *DB) Sync(ctx context.Context) error {
	if db.syncer == nil {
		return nil
	}
	if db.syncer.kept.Load() == db.syncer.made.Load() {
		return db.syncer.err()
	}
	done := make(chan error, 1)
	select {
	case db.syncer.asks <- func(err error) { done <- err }:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.stopped:
		return errClosed
	}
	return db.answer(done)
}

// answer waits for what was asked of the writer: what was handed over will be
// done, so that waiting for it is the only honest answer.
func (db *DB) answer(done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-db.stopped:
		select {
		case err := <-done:
			return err
		default:
			return errClosed
		}
	}
}
