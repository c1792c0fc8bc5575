package main

import (
	"context"
	"errors"
	"io"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/internal/store/media"
)

// pictures hands out what is kept of messages.
type pictures struct{ *console }

// thumbnail is the longer side of a small picture, in pixels: twice what the console
// shows, for screens with two pixels to one.
const thumbnail = 480

func (p pictures) OpenMedia(ctx context.Context, c community.ID, seq community.Seq, part int, small bool) (api.MediaFile, error) {
	var f api.MediaFile
	all, err := p.engine.MediaItems(ctx, c, []community.Seq{seq})
	if err != nil {
		return f, err
	}
	for _, i := range all[seq] {
		if i.Part != part || i.State != media.Kept {
			continue
		}
		if f.Body, err = p.engine.Media(c, i.Sum); err != nil {
			return f, err
		}
		f.Name, f.At = i.Name, i.At
		return f, errors.Join(sniff(&f), smaller(&f, small))
	}
	return f, community.Errorf(community.NotFound, "this message has no such picture, or not any more")
}

// sniff tells what a file is by its bytes, anew: what a browser may show is decided
// by what goes out.
func sniff(f *api.MediaFile) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(f.Body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return errors.Join(err, f.Body.Close())
	}
	f.Type = media.TypeOf(head[:n])
	f.Picture = media.IsPicture(f.Type)
	_, err = f.Body.Seek(0, io.SeekStart)
	return err
}

// smaller puts a thumbnail in a picture's place; where none can be made the picture
// itself is small enough.
func smaller(f *api.MediaFile, wanted bool) error {
	if !wanted || !f.Picture {
		return nil
	}
	b, err := media.Thumbnail(f.Body, thumbnail)
	if community.CodeOf(err) == community.Unsupported && err != nil {
		_, err = f.Body.Seek(0, io.SeekStart)
		return err
	}
	if err != nil {
		return errors.Join(err, f.Body.Close())
	}
	err = f.Body.Close()
	f.Body, f.Type = api.InMemory(b), "image/jpeg"
	return err
}

func (p pictures) MediaSettings(ctx context.Context, c community.ID) (a api.MediaSettingsAnswer, err error) {
	if a.Answer, err = p.asOf(ctx, c); err != nil {
		return a, err
	}
	set, version, err := p.engine.MediaSetting(ctx, c)
	if err != nil {
		return a, err
	}
	a.Settings = api.MediaSettingsView{Pictures: set.Pictures, Voice: set.Voice, Video: set.Video, Files: set.Files, Codes: set.Codes,
		Days: set.Days, Largest: set.Largest, Total: set.Total, Version: version}
	a.Items = map[string]int64{}
	return a, p.db.Read(ctx, func(q store.Querier) error {
		room, err := media.RoomOf(ctx, q, c)
		a.Files, a.Bytes, a.Oldest = room.Files, room.Bytes, milli(room.Oldest)
		for state, n := range room.Items {
			a.Items[string(state)] = n
		}
		return err
	})
}

func (p pictures) SaveMediaSettings(ctx context.Context, c community.ID, by community.StaffID, v api.MediaSettingsView) (api.MediaSettingsAnswer, error) {
	set := engine.MediaSetting{Pictures: v.Pictures, Voice: v.Voice, Video: v.Video, Files: v.Files, Codes: v.Codes, Days: v.Days, Largest: v.Largest, Total: v.Total}
	if err := set.Check(); err != nil {
		return api.MediaSettingsAnswer{}, err
	}
	if err := p.engine.SaveSetting(ctx, c, 0, engine.MediaKey, set, v.Version, by); err != nil {
		return api.MediaSettingsAnswer{}, err
	}
	p.engine.MediaChanged(c)
	return p.MediaSettings(ctx, c)
}
