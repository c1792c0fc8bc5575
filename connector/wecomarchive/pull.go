package wecomarchive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecomarchive/pipe"
	"qunying/connector/wire"
)

const (
	// kept is how long the platform keeps messages.
	kept = 5 * 24 * time.Hour
	// mostRecords the library gives in one call.
	mostRecords = 1000
	// mostDeaths of the helper over one record, which is passed over then.
	mostDeaths = 3
)

// record is an encrypted message as the library gives it.
type record struct {
	Seq     uint64 `json:"seq"`
	ID      string `json:"msgid"`
	Version int    `json:"publickey_ver"`
	Key     string `json:"encrypt_random_key"`
	Message string `json:"encrypt_chat_msg"`
}

// reader is one Run.
type reader struct {
	*account
	emit   connector.Emit
	limit  uint32 // of records in a page
	pause  wire.Pause
	deaths int // of the helper, one after the other, over the record after read.seq

	told       bool
	state      connector.State
	why        string
	unreadable []string // why records of this page were passed over
}

// Run reads the archive until ctx ends. It returns another error only when an
// emission was refused for good.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	a.running.Store(true)
	defer a.helper.stop()
	defer a.running.Store(false)
	r := &reader{account: a, emit: emit, limit: mostRecords, pause: wire.Pause{First: a.first}}
	for {
		more, err := r.page(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var refused *refusal
		if errors.As(err, &refused) {
			return refused.err
		}
		if err != nil {
			if err := r.tell(ctx, stateOf(err), time.Time{}, connector.Because(finding("", err).Code, err)); err != nil {
				return ended(ctx, err)
			}
			_ = r.pause.Wait(ctx) // when ctx ends the next page says so
			continue
		}
		r.pause.Reset()
		if more {
			continue
		}
		t := time.NewTimer(a.every)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
	}
}

// ended is nil when the context was why something failed.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// refusal is an emission that was refused for good.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// stateOf is how the connection is while an error lasts.
func stateOf(err error) connector.State {
	switch {
	case errors.Is(err, errDied):
		return connector.Degraded
	case community.CodeOf(err) == community.Unavailable:
		return connector.Offline
	}
	return connector.Waiting // a key, an address, a path: somebody has to set it right
}

// tell emits a state that is another one than before, or has another reason.
func (r *reader) tell(ctx context.Context, s connector.State, missed time.Time, why error) error {
	reason := ""
	if why != nil {
		reason = why.Error()
	}
	if r.told && r.state == s && r.why == reason && missed.IsZero() {
		return nil
	}
	if err := wire.Store(ctx, r.emit, connector.Changed(s, r.now(), missed, why)); err != nil {
		return err
	}
	r.told, r.state, r.why = true, s, reason
	return nil
}

// page reads what comes next and emits it, the state that it shows first. more says
// that there is more at once.
func (r *reader) page(ctx context.Context) (more bool, err error) {
	r.unreadable = nil
	records, err := r.fetch(ctx)
	if err != nil {
		return false, err
	}
	more = len(records) > 0 && len(records) >= int(r.limit)
	r.limit = min(2*r.limit, mostRecords)
	observations, last, stuck := r.openAll(ctx, records)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if stuck == nil {
		if err := r.tellRead(ctx); err != nil {
			return false, &refusal{err}
		}
	}
	if len(observations) > 0 {
		if err := wire.Store(ctx, r.emit, observations...); err != nil {
			return false, &refusal{err}
		}
	}
	r.markRead(max(last, r.marked().seq))
	if stuck != nil {
		return false, stuck
	}
	r.markHeard(r.now())
	return more, nil
}

// tellRead tells how it is after a page that could be read. After a gap Online ends
// it now, though of its last days everything came: that is counted, only not taken
// for complete.
func (r *reader) tellRead(ctx context.Context) error {
	if len(r.unreadable) == 0 {
		return r.tell(ctx, connector.Online, r.missed(), nil)
	}
	since := r.missed()
	if since.IsZero() {
		since = r.marked().heard // they came after it
	}
	return r.tell(ctx, connector.Degraded, since, connector.Because("passed_over", community.Errorf(community.Invalid,
		"%d archived messages could not be read and are passed over, the first because: %s", len(r.unreadable), r.unreadable[0])))
}

// missed is since when messages may be gone: when the platform was last read, if
// that is longer ago than it keeps them.
func (r *reader) missed() time.Time {
	if before := r.marked().heard; !before.IsZero() && r.now().Sub(before) > kept {
		return before
	}
	return time.Time{}
}

// fetch asks the library for the next records, fewer when they are too long.
func (r *reader) fetch(ctx context.Context) ([]record, error) {
	for {
		from := r.marked().seq
		answer, err := r.helper.call(ctx, pipe.Request{Do: pipe.Chat, Seq: from, Limit: r.limit})
		switch {
		case errors.Is(err, errTooLong) && r.limit > 1:
			r.limit /= 2
		case errors.Is(err, errTooLong):
			// Its number is not known, only that it is a later one.
			r.unreadable = append(r.unreadable, fmt.Sprintf("record after %d: %v", from, err))
			r.markRead(from + 1)
		case codeOf(err) == codeTooOld && from > 0:
			r.markRead(0) // what comes next is gone: begin with the oldest that is not
			return nil, err
		case err != nil:
			return nil, err
		default:
			return parseRecords(answer.Data, from)
		}
	}
}

// parseRecords reads the library's answer: records after seq, in their order.
func parseRecords(b []byte, seq uint64) ([]record, error) {
	var page struct {
		errcode
		Records []record `json:"chatdata"`
	}
	if err := json.Unmarshal(b, &page); err != nil {
		return nil, community.Errorf(community.Unavailable, "what the archive's library gave cannot be read")
	}
	if err := page.err(); err != nil {
		return nil, err
	}
	if len(page.Records) > mostRecords {
		return nil, community.Errorf(community.Unavailable, "the archive's library gave more than was asked for")
	}
	slices.SortStableFunc(page.Records, func(a, b record) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.DeleteFunc(page.Records, func(x record) bool { return x.Seq <= seq }), nil
}

// openAll makes observations of records. last is the number up to which that went,
// 0 if nowhere; stuck is why it did not go further, and the same records are to be
// fetched again.
func (r *reader) openAll(ctx context.Context, records []record) (all []connector.Observation, last uint64, stuck error) {
	for _, x := range records {
		raw, err := r.open(ctx, x)
		if errors.Is(err, errDied) {
			if r.deaths++; r.deaths < mostDeaths {
				return all, last, err
			}
		}
		if ctx.Err() != nil {
			return all, last, ctx.Err()
		}
		if err != nil && r.mayPass(x, err) {
			r.passOver(x, err)
			last = x.Seq
			continue
		}
		if err != nil {
			return all, last, err
		}
		r.deaths, last = 0, x.Seq
		m, err := parse(raw)
		if err != nil {
			r.passOver(x, err)
			continue
		}
		o, ok := m.observation(raw)
		if !ok {
			continue
		}
		o.GroupName, o.Sender.Name = r.names.of(ctx, o.Group, o.Sender.ID)
		all = append(all, o)
	}
	return all, last, nil
}

// open decrypts one record.
func (r *reader) open(ctx context.Context, x record) ([]byte, error) {
	key, err := r.keys.unwrap(x.Version, x.Key)
	if err != nil {
		return nil, err
	}
	answer, err := r.helper.call(ctx, pipe.Request{Do: pipe.Decrypt, Key: key, Message: x.Message})
	return answer.Data, err
}

// mayPass says whether a record that cannot be opened is to be passed over. One
// whose key may yet be added is waited for: the platform keeps it. One that is
// older than our newest key was made for a key that is lost.
func (r *reader) mayPass(x record, err error) bool {
	if r.keys[x.Version] == nil {
		return x.Version < r.keys.newest()
	}
	return errors.Is(err, errDied) || community.CodeOf(err) != community.Unavailable && !errors.Is(err, errMissing)
}

func (r *reader) passOver(x record, err error) {
	r.deaths = 0
	r.unreadable = append(r.unreadable, fmt.Sprintf("record %d: %v", x.Seq, err))
}
