package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/internal/store"
	"qunying/internal/store/media"
)

// MediaKey is the setting of a community that says which pictures and files of
// messages are kept, how long and how many (图片留存).
const MediaKey = "media"

// MediaSetting is what people typed about it. Sizes are in MiB.
type MediaSetting struct {
	Pictures bool `json:"pictures"`
	Voice    bool `json:"voice"`
	Video    bool `json:"video"`
	Files    bool `json:"files"`
	Codes    bool `json:"codes"`   // QR codes in pictures are read, and judged with the message
	Days     int  `json:"days"`    // how long, from the message on
	Largest  int  `json:"largest"` // of one file
	Total    int  `json:"total"`   // of all; beyond it the oldest go
}

// DefaultMedia is in force where nobody typed anything.
func DefaultMedia() MediaSetting {
	return MediaSetting{Pictures: true, Codes: true, Days: 30, Largest: 20, Total: 2048}
}

// Bounds of what is typed.
const (
	longestMediaDays = 3650
	mostMediaFile    = 256     // MiB
	mostMediaTotal   = 1 << 20 // MiB
)

// Check says what is wrong before it is saved.
func (m MediaSetting) Check() error {
	switch {
	case m.Days < 1 || m.Days > longestMediaDays:
		return community.Errorf(community.Invalid, "pictures can be kept for 1 to %d days", longestMediaDays)
	case m.Largest < 1 || m.Largest > mostMediaFile:
		return community.Errorf(community.Invalid, "a file can have 1 to %d MiB", mostMediaFile)
	case m.Total < m.Largest || m.Total > mostMediaTotal:
		return community.Errorf(community.Invalid, "all files together can have %d to %d MiB", m.Largest, mostMediaTotal)
	}
	return nil
}

// forms lists which forms of messages are kept.
func (m MediaSetting) forms() (list []community.Content) {
	for _, f := range []struct {
		on    bool
		forms []community.Content
	}{{m.Pictures, []community.Content{community.Image, community.Sticker}}, {m.Voice, []community.Content{community.Voice}},
		{m.Video, []community.Content{community.Video}}, {m.Files, []community.Content{community.File}}} {
		if f.on {
			list = append(list, f.forms...)
		}
	}
	return list
}

// How pictures are fetched.
const (
	mediaLoop    = store.Loop("media")
	mediaSpan    = 2000 // events that are looked through at once
	mediaBatch   = 16   // files that are fetched in one step
	mediaAtOnce  = 4
	mediaTimeout = 2 * time.Minute // for one file
	mediaTries   = 7
	mediaPause   = 30 * time.Second // before the second try, then three times as long each
	mediaOld     = 3 * 24 * time.Hour
	mediaParts   = 9 // of one message
	mediaSweep   = time.Hour
	mediaOrphan  = time.Hour // how old a file has to be to have been left behind
)

// pictures is what the loop remembers.
type pictures struct {
	files *media.Files // nil: no folder

	mu      sync.Mutex
	scanned map[community.ID]community.Seq // how far the log was looked through
	room    map[community.ID]int64         // bytes that are kept; absent: not known yet
	swept   map[community.ID]time.Time

	codes map[string][]string // by the picture's sum, of the codes loop alone
}

func newPictures(folder string) *pictures {
	p := &pictures{scanned: map[community.ID]community.Seq{}, room: map[community.ID]int64{}, swept: map[community.ID]time.Time{}, codes: map[string][]string{}}
	if folder != "" {
		p.files = &media.Files{Folder: filepath.Join(folder, "media")}
	}
	return p
}

// Media opens a file that is kept. It fails with NotFound.
func (e *Engine) Media(c community.ID, sum string) (io.ReadSeekCloser, error) {
	if e.pictures.files == nil {
		return nil, community.Errorf(community.NotFound, "no pictures are kept here")
	}
	return e.pictures.files.Open(c, sum)
}

// MediaSetting reads what is kept, and the version of that.
func (e *Engine) MediaSetting(ctx context.Context, c community.ID) (m MediaSetting, version int64, err error) {
	m = DefaultMedia()
	err = e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, MediaKey, &m)
		return err
	})
	return m, version, err
}

// MediaChanged has what is kept looked through by settings that have just been saved.
func (e *Engine) MediaChanged(c community.ID) {
	e.forgetRoom(c)
	e.pictures.mu.Lock()
	defer e.pictures.mu.Unlock()
	delete(e.pictures.swept, c)
}

// mediaStep finds what newer messages carry, fetches what is due, and removes what
// is not to be kept any longer.
func (e *Engine) mediaStep(ctx context.Context, c community.ID) (more bool, err error) {
	if e.pictures.files == nil {
		return false, nil
	}
	set, _, err := e.MediaSetting(ctx, c)
	if err != nil {
		return false, err
	}
	found, err := e.findMedia(ctx, c, set)
	if err != nil {
		return false, err
	}
	fetched, err := e.fetchMedia(ctx, c, set)
	if err != nil {
		return false, err
	}
	return found || fetched, errors.Join(e.boundMedia(ctx, c, set), e.sweepMedia(ctx, c, set))
}

// findMedia writes down what messages carry that were logged since the last look.
// What was looked through without finding anything is written now and then only.
func (e *Engine) findMedia(ctx context.Context, c community.ID, set MediaSetting) (more bool, err error) {
	p := e.pictures
	var from, to, head community.Seq
	var list []media.Item
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if from, err = store.Cursor(ctx, q, c, mediaLoop); err != nil {
			return err
		}
		p.mu.Lock()
		begin := max(from, p.scanned[c])
		p.mu.Unlock()
		if head, err = store.Head(ctx, q, c); err != nil {
			return err
		}
		to = min(begin+mediaSpan, head)
		events, err := media.Carrying(ctx, q, c, begin, to, e.now().Add(-mediaOld), set.forms())
		for i := range events {
			list = append(list, carried(&events[i], e.now())...)
		}
		return err
	}); err != nil {
		return false, err
	}
	if len(list) > 0 || to-from >= mediaSpan {
		if err := e.db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.MoveCursor(c, mediaLoop, from, to); err != nil {
				return err
			}
			return media.Want(tx, c, list)
		}); err != nil {
			return false, err
		}
	}
	p.mu.Lock()
	p.scanned[c] = to
	p.mu.Unlock()
	return to < head, nil
}

// carried lists what a message carries that can be fetched.
func carried(ev *community.Event, now time.Time) (list []media.Item) {
	if ev.Body == nil {
		return nil // erased
	}
	for part := range mediaParts {
		d, suffix := ev.Body.Data, partSuffix(part)
		if d["url"+suffix] == "" && d["media"+suffix] == "" {
			continue
		}
		list = append(list, media.Item{Seq: ev.Seq, Part: part, Group: ev.Group, Author: ev.Identity, Content: ev.Content, Name: d["file"+suffix], State: media.Waiting, At: ev.At, DueAt: now})
	}
	return list
}

// partSuffix is what follows the names of details about a further picture.
func partSuffix(part int) string {
	if part == 0 {
		return ""
	}
	return strconv.Itoa(part + 1)
}

// fetchMedia fetches what is due, some at a time.
func (e *Engine) fetchMedia(ctx context.Context, c community.ID, set MediaSetting) (more bool, err error) {
	var due []media.Item
	if err := e.db.Read(ctx, func(q store.Querier) error {
		due, err = media.Due(ctx, q, c, e.now(), mediaBatch)
		return err
	}); err != nil || len(due) == 0 {
		return false, err
	}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	slots := make(chan struct{}, mediaAtOnce)
	for _, i := range due {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := guard(func() error { return e.fetchOne(ctx, i, set) }); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return len(due) == mediaBatch && len(errs) == 0, errors.Join(errs...)
}

// fetchOne fetches one picture or file, and writes down what became of it.
func (e *Engine) fetchOne(ctx context.Context, i media.Item, set MediaSetting) error {
	var ev *community.Event
	var g community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if ev, err = store.Event(ctx, q, i.Community, i.Seq); err == nil {
			g, err = store.Group(ctx, q, i.Community, i.Group)
		}
		return err
	}); err != nil {
		return err
	}
	if ev.Body == nil {
		return e.noteMedia(ctx, i, media.Refused, media.WhyGone)
	}
	d, suffix := ev.Body.Data, partSuffix(i.Part)
	f := connector.File{Content: i.Content, Message: ev.Body.MessageID, URL: d["url"+suffix], ID: d["media"+suffix], Name: i.Name}
	if !g.Direct {
		f.Group = g.OutsideID
	}
	limited, cancel := context.WithTimeout(ctx, mediaTimeout)
	defer cancel()
	body, err := e.openMedia(limited, ev.Source, i.Community, f)
	if err == nil {
		err = e.keepMedia(limited, i, body, set)
		body.Close()
	}
	if err == nil || ctx.Err() != nil {
		return nil // kept; or the process ends, and it is fetched after the next start
	}
	state, why := judgeMedia(err)
	e.log.Debug("a picture was not fetched", "community", i.Community, "seq", i.Seq, "part", i.Part, "why", why, "err", err)
	return e.noteMedia(ctx, i, state, why)
}

// openMedia asks the account that heard the message, or reads the address itself.
func (e *Engine) openMedia(ctx context.Context, source string, c community.ID, f connector.File) (io.ReadCloser, error) {
	var fetcher connector.Fetcher
	if a := e.accountNamed(c, source); a != nil {
		fetcher, _ = a.conn.(connector.Fetcher)
	}
	client := e.guard.Client(mediaTimeout)
	defer client.CloseIdleConnections()
	got := connector.Fetched{URL: f.URL}
	var err error
	switch {
	case fetcher != nil:
		got, err = fetcher.Fetch(ctx, f)
	case f.URL == "" || f.Stale:
		err = community.Errorf(community.Unsupported, "the platform gives no way to this file")
	}
	if err != nil || got.Body != nil {
		return got.Body, err
	}
	body, err := wire.Download(ctx, client, got.URL)
	if err == nil {
		return body, nil
	}
	if code := community.CodeOf(err); f.Stale || fetcher == nil || code != community.NotFound && code != community.Invalid && code != community.Forbidden {
		return nil, err
	}
	f.Stale = true
	again, aerr := fetcher.Fetch(ctx, f)
	switch {
	case community.CodeOf(aerr) == community.Unsupported && aerr != nil:
		return nil, err // there is no other way: what the address said counts
	case aerr != nil || again.Body != nil:
		return again.Body, aerr
	}
	return wire.Download(ctx, client, again.URL)
}

var errLyingType = errors.New("its bytes are not what the message says")

// keepMedia reads a file into the folder and notes it in one go.
func (e *Engine) keepMedia(ctx context.Context, i media.Item, body io.Reader, set MediaSetting) error {
	check := func(contentType string) error {
		if picture := i.Content == community.Image || i.Content == community.Sticker; picture && !media.IsPicture(contentType) {
			return errLyingType
		}
		return nil
	}
	added, wanted := false, true
	s, err := e.pictures.files.Put(ctx, i.Community, body, int64(set.Largest)<<20, check, func(s media.Stored) error {
		i.State, i.Error, i.Sum, i.Type, i.Bytes = media.Kept, "", s.Sum, s.Type, s.Bytes
		i.Tries++
		return e.write(ctx, func(tx *store.Tx) error {
			had, err := media.Needed(ctx, tx, i.Community, []string{s.Sum})
			if err != nil {
				return err
			}
			wanted, err = media.Note(tx, i)
			added = wanted && !had[s.Sum]
			return err
		})
	})
	if err != nil {
		return err
	}
	if !wanted { // whoever posted it was erased meanwhile
		return e.pictures.files.Removing(i.Community, func() (sums []string, err error) {
			err = e.db.Read(ctx, func(q store.Querier) error {
				had, err := media.Needed(ctx, q, i.Community, []string{s.Sum})
				if err == nil && !had[s.Sum] {
					sums = append(sums, s.Sum)
				}
				return err
			})
			return sums, err
		})
	}
	if added {
		e.pictures.mu.Lock()
		if _, known := e.pictures.room[i.Community]; known {
			e.pictures.room[i.Community] += s.Bytes
		}
		e.pictures.mu.Unlock()
	}
	e.kept.fire()
	e.changes.send(Change{Community: i.Community, Groups: []community.GroupID{i.Group}, What: "stream"})
	return nil
}

// judgeMedia says what an error means for a picture.
func judgeMedia(err error) (media.State, string) {
	switch {
	case errors.Is(err, media.ErrTooLarge):
		return media.Refused, media.WhyTooLarge
	case errors.Is(err, media.ErrDisk):
		return media.Waiting, media.WhyDisk
	case errors.Is(err, media.ErrEmpty):
		return media.Waiting, media.WhyEmpty
	case errors.Is(err, errLyingType):
		return media.Refused, media.WhyType
	}
	switch community.CodeOf(err) {
	case community.NotFound:
		return media.Expired, media.WhyGone
	case community.Forbidden:
		return media.Refused, media.WhyPrivate
	case community.Unsupported, community.Invalid:
		return media.Refused, media.WhyNoWay
	}
	return media.Waiting, media.WhyUnreachable
}

// noteMedia writes what became of one; what waits is tried again later, but not for
// ever.
func (e *Engine) noteMedia(ctx context.Context, i media.Item, state media.State, why string) error {
	pause := mediaPause
	for range i.Tries {
		pause *= 3
	}
	if i.State, i.Error = state, why; why != media.WhyDisk { // that is our trouble, not the picture's
		i.Tries++
	} else {
		pause = time.Minute
	}
	if i.DueAt = e.now().Add(pause); state == media.Waiting && i.Tries >= mediaTries {
		i.State = media.Failed
	}
	if err := e.write(ctx, func(tx *store.Tx) error {
		_, err := media.Note(tx, i)
		return err
	}); err != nil {
		return err
	}
	if i.State != media.Waiting {
		e.changes.send(Change{Community: i.Community, Groups: []community.GroupID{i.Group}, What: "stream"})
	}
	return nil
}

// boundMedia lets the oldest go when there is more than may be.
func (e *Engine) boundMedia(ctx context.Context, c community.ID, set MediaSetting) error {
	p := e.pictures
	p.mu.Lock()
	room, known := p.room[c]
	p.mu.Unlock()
	most := int64(set.Total) << 20
	if known && room <= most {
		return nil
	}
	for ctx.Err() == nil {
		if err := e.db.Read(ctx, func(q store.Querier) error {
			is, err := media.RoomOf(ctx, q, c)
			room = is.Bytes
			return err
		}); err != nil {
			return err
		}
		p.mu.Lock()
		p.room[c] = room
		p.mu.Unlock()
		if room <= most {
			return nil
		}
		if n, err := e.dropMedia(ctx, c, e.now().AddDate(1, 0, 0), 20, media.WhyRoom); err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}

// dropMedia removes some of the oldest files of messages before a time.
func (e *Engine) dropMedia(ctx context.Context, c community.ID, before time.Time, limit int, why string) (n int, err error) {
	err = e.pictures.files.Removing(c, func() (sums []string, err error) {
		err = e.write(ctx, func(tx *store.Tx) error {
			list, err := media.Oldest(ctx, tx, c, before, limit)
			if err != nil {
				return err
			}
			n = len(list)
			sums, err = media.Drop(ctx, tx, c, list, why)
			return err
		})
		return sums, err
	})
	if n > 0 {
		e.forgetRoom(c)
	}
	return n, err
}

func (e *Engine) forgetRoom(c community.ID) {
	e.pictures.mu.Lock()
	defer e.pictures.mu.Unlock()
	delete(e.pictures.room, c)
}

// sweepMedia removes, now and then, what was kept long enough and what a crash left
// behind.
func (e *Engine) sweepMedia(ctx context.Context, c community.ID, set MediaSetting) error {
	p := e.pictures
	now := e.now()
	p.mu.Lock()
	due := now.Sub(p.swept[c]) >= mediaSweep
	p.mu.Unlock()
	if !due {
		return nil
	}
	removed := 0
	for {
		n, err := e.dropMedia(ctx, c, now.AddDate(0, 0, -set.Days), 100, media.WhyAge)
		if removed += n; err != nil {
			return err
		}
		if n < 100 {
			break
		}
	}
	left, err := p.files.Orphans(ctx, c, time.Now().Add(-mediaOrphan), func(sums []string) (wanted map[string]bool, err error) {
		err = e.db.Read(ctx, func(q store.Querier) error {
			wanted, err = media.Needed(ctx, q, c, sums)
			return err
		})
		return wanted, err
	})
	if err != nil {
		return fmt.Errorf("sweeping pictures: %w", err)
	}
	if removed+left > 0 {
		e.log.Info("pictures were removed", "community", c, "old", removed, "left_behind", left)
	}
	p.mu.Lock()
	p.swept[c] = now
	p.mu.Unlock()
	return nil
}

// eraseMedia removes everything that messages of some identities carried.
func (e *Engine) eraseMedia(ctx context.Context, c community.ID, ids []community.IdentityID) (rows int64, err error) {
	transaction := func() (sums []string, err error) {
		err = e.db.Write(ctx, func(tx *store.Tx) error {
			n, gone, err := media.Erase(ctx, tx, c, ids)
			rows, sums = int64(n), gone
			return err
		})
		return sums, err
	}
	if e.pictures.files == nil {
		_, err = transaction()
		return rows, err
	}
	err = e.pictures.files.Removing(c, transaction)
	e.forgetRoom(c)
	return rows, err
}

// expireMedia removes what messages before a time carried, whose texts are gone.
func (e *Engine) expireMedia(ctx context.Context, c community.ID, before time.Time) (rows int64, err error) {
	if e.pictures.files == nil {
		return 0, nil
	}
	for n := 1; n > 0 && err == nil; rows += int64(n) {
		err = e.pictures.files.Removing(c, func() (sums []string, err error) {
			err = e.db.Write(ctx, func(tx *store.Tx) (err error) {
				n, sums, err = media.Expire(ctx, tx, c, before, 200)
				return err
			})
			return sums, err
		})
	}
	e.forgetRoom(c)
	return rows, err
}

// MediaItems lists what messages carry, by message.
func (e *Engine) MediaItems(ctx context.Context, c community.ID, seqs []community.Seq) (map[community.Seq][]media.Item, error) {
	all := map[community.Seq][]media.Item{}
	err := e.db.Read(ctx, func(q store.Querier) error {
		for part := range slices.Chunk(seqs, 1024) {
			list, err := media.Of(ctx, q, c, part)
			if err != nil {
				return err
			}
			for _, i := range list {
				all[i.Seq] = append(all[i.Seq], i)
			}
		}
		return nil
	})
	return all, err
}
