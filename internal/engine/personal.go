package engine

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Pass is whom a personal link lets in, and to what. It needs no sign-in: whoever
// has the link is taken for the member, so that it shows and takes little.
type Pass struct {
	Member community.IdentityID
	Seq    community.Seq // the message whose verdict is shown; 0: none, the link only takes reports
	Group  community.GroupID
	Until  time.Time // whole minutes
	// Private: the link was given to the member alone and stands in no group, so
	// that it may show what is nobody else's business.
	Private bool
}

// Tagger is a Sealer that can vouch for what is not secret.
type Tagger interface {
	// Tag is 32 bytes that nobody makes without the installation's key.
	Tag(text, where string) []byte
}

const (
	passVersion    = 1 // of a link that others may see
	privateVersion = 2

	tagSize     = 16  // bytes of a tag that a link carries
	longestPass = 128 // characters; a real one has about 50

	reportsLast = 365 * 24 * time.Hour // how long a link for reports works
	afterwards  = 30 * 24 * time.Hour  // how long a verdict can be looked at when it can no longer be appealed against
)

// payload is what a tag vouches for.
func (p Pass) payload() []byte {
	b := []byte{passVersion}
	if p.Private {
		b[0] = privateVersion
	}
	for _, n := range []uint64{uint64(p.Member), uint64(p.Seq), uint64(p.Group), uint64(p.Until.Unix() / 60)} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// readPass reads a payload; ok is false where it is none.
func readPass(b []byte) (p Pass, ok bool) {
	if len(b) == 0 || b[0] != passVersion && b[0] != privateVersion {
		return p, false
	}
	var n [4]uint64
	rest := b[1:]
	for i := range n {
		var size int
		if n[i], size = binary.Uvarint(rest); size <= 0 {
			return p, false
		}
		rest = rest[size:]
	}
	if len(rest) > 0 || n[0] == 0 || n[0] > 1<<32-1 || n[1] > 1<<62 || n[2] > 1<<62 || n[3] > 1<<40 {
		return p, false
	}
	return Pass{community.IdentityID(n[0]), community.Seq(n[1]), community.GroupID(n[2]), time.Unix(int64(n[3])*60, 0).UTC(), b[0] == privateVersion}, true
}

func (e *Engine) vouch(c community.ID, payload []byte) []byte {
	t, ok := e.sealer.(Tagger)
	if !ok {
		return nil
	}
	return t.Tag(string(payload), fmt.Sprintf("personal/%d", c))[:tagSize]
}

// Token is the part of a link that says who it is for; "" without a key file.
func (e *Engine) Token(c community.ID, p Pass) string {
	payload := p.payload()
	tag := e.vouch(c, payload)
	if tag == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, tag...))
}

// OpenPass reads a link's token. It fails with NotFound where the token is none of
// this community's. Whether its time is over is for the caller to see.
func (e *Engine) OpenPass(c community.ID, token string) (Pass, error) {
	none := community.Errorf(community.NotFound, "the link is not valid").WithHint("open it as it was sent, whole")
	if len(token) > longestPass {
		return Pass{}, none
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) <= tagSize {
		return Pass{}, none
	}
	payload, tag := b[:len(b)-tagSize], b[len(b)-tagSize:]
	want := e.vouch(c, payload)
	if want == nil || !hmac.Equal(tag, want) {
		return Pass{}, none
	}
	p, ok := readPass(payload)
	if !ok {
		return Pass{}, none
	}
	return p, nil
}

// link is the personal link that takes the place of {link} in a text; "" where
// nobody said under which address members reach the page.
func (e *Engine) link(d *decider, c community.ID, set *casework.Settings, p Pass) string {
	if set.Address == "" {
		return ""
	}
	token := e.Token(c, p)
	if token == "" {
		return ""
	}
	return strings.TrimRight(set.Address, "/") + "/m/" + d.slug + "/" + token
}

// verdictLink is the link to a verdict that is felt from now on.
func (e *Engine) verdictLink(d *decider, c community.ID, set *casework.Settings, v *casework.Verdict, now time.Time) string {
	return e.link(d, c, set, Pass{Member: v.Identity, Seq: v.Seq, Group: v.Group, Until: now.Add(set.AppealDays() + afterwards)})
}

// readSlug reads by which name the community is addressed.
func (d *decider) readSlug(ctx context.Context, q store.Querier, c community.ID) error {
	all, err := store.Communities(ctx, q)
	for _, is := range all {
		if is.ID == c {
			d.slug = is.Slug
		}
	}
	return err
}

// reportLink is the link by which a newcomer can report something later.
func (e *Engine) reportLink(ctx context.Context, q store.Querier, d *decider, ev *community.Event) (string, error) {
	var set casework.Settings
	if _, _, err := d.settingOf(ctx, q, ev, settingKey{0, casework.Key}, &set); err != nil {
		return "", err
	}
	return e.link(d, ev.Community, &set, Pass{Member: ev.Identity, Group: ev.Group, Until: ev.LoggedAt.Add(reportsLast)}), nil
}

// PrivateLink makes a link that only its person is to be given, on whose account is
// in the audit log. It leads to the newest verdict that the person felt. ids are all
// identities of the person. It fails with Unsupported where nobody said under which
// address members reach the page.
func (e *Engine) PrivateLink(ctx context.Context, c community.ID, ids []community.IdentityID, by community.StaffID) (link string, until time.Time, err error) {
	d := &decider{}
	p := Pass{Member: ids[0], Private: true}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		set, err := ModerationOf(ctx, tx, c, 0)
		if err != nil {
			return err
		}
		if err := d.readSlug(ctx, tx, c); err != nil {
			return err
		}
		newest := int64(0)
		for _, id := range ids {
			list, err := cases.VerdictsAgainst(ctx, tx, c, id, 20)
			if err != nil {
				return err
			}
			for i := range list {
				v := &list[i]
				felt, err := wasFelt(ctx, tx, c, v)
				if err != nil {
					return err
				}
				if felt && v.ID > newest {
					newest, p.Member, p.Seq, p.Group = v.ID, v.Identity, v.Seq, v.Group
				}
			}
		}
		p.Until = e.now().Add(set.AppealDays() + afterwards).Truncate(time.Minute)
		if link = e.link(d, c, &set, p); link == "" {
			return community.Errorf(community.Unsupported, "nobody said under which address members reach their page").WithHint("write it under Moderation, Rules, The members' page")
		}
		return tx.Audit(c, by, e.now().UnixMilli(), "person.link", "person/"+decimal(int64(ids[0])), "", "")
	})
	return link, p.Until, err
}

// mostVisit bounds what is read of a page, in bytes.
const mostVisit = 1 << 20

// Visit reads what a browser is given under an address, as a stranger.
func (e *Engine) Visit(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, community.Errorf(community.Invalid, "this is no address of a site").WithHint("write it as https://qun.example.com, without a path")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := e.guard.Client(10 * time.Second).Do(req)
	if err != nil {
		var refused *community.Error
		if errors.As(err, &refused) {
			return nil, refused
		}
		return nil, &community.Error{Code: community.Unavailable, Text: "nothing answers under this address", Hint: "look at the name, the port and the certificate; a server that cannot call itself from outside may be right all the same", Err: err}
	}
	defer res.Body.Close()
	return io.ReadAll(io.LimitReader(res.Body, mostVisit))
}

// byMember says that a command comes from a member's own page.
func byMember(ev *community.Event) bool { return ev.Source == "member" }

// mayAppeal refuses who appeals against somebody else's verdict.
func (d *decider) mayAppeal(ev *community.Event, v *casework.Verdict) error {
	if byMember(ev) && d.links.Person(ev.Identity) != d.links.Person(v.Identity) {
		return community.Errorf(community.Forbidden, "the verdict concerns somebody else")
	}
	return nil
}

// MostTips is how many reports a member may write on their page within a day.
const MostTips = 5

// tip takes a report that a member writes on their own page, in their own words:
// it names no message, so that nothing but a decision comes of it.
func (e *Engine) tip(ctx context.Context, q store.Querier, d *decider, ev *community.Event, cmd *casework.Command, fx *effects) (any, error) {
	if !byMember(ev) || ev.Group == 0 || ev.Identity == 0 {
		return nil, community.Errorf(community.Invalid, "it is not said which message")
	}
	r, err := e.rulesIn(ctx, q, d, ev, ev.Group)
	if err != nil {
		return nil, err
	}
	n, err := cases.TipsBy(ctx, q, ev.Community, ev.Identity, ev.LoggedAt.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	if n >= MostTips {
		return nil, community.Errorf(community.Conflict, "%d reports have been written within a day", n).WithHint("try again tomorrow, or write to the people of the group")
	}
	known, err := store.Identities(ctx, q, ev.Community, []community.IdentityID{ev.Identity})
	if err != nil {
		return nil, err
	}
	card := &casework.Review{Kind: casework.Report, State: casework.Open, Clause: string(casework.Report), Category: string(casework.Report), Severity: policy.Light,
		Group: ev.Group, Identity: ev.Identity, Gist: uint64(ev.Seq), Items: 1, Reporters: 1, OpenedAt: ev.LoggedAt, NewestAt: ev.LoggedAt, DueAt: ev.LoggedAt.Add(r.pageAfter()),
		Body: &casework.ReviewBody{Name: known[ev.Identity].Name, Text: cmd.Note}}
	fx.finish = func(tx *store.Tx) (any, error) {
		if err := cases.AddReview(tx, ev.Community, card); err != nil {
			return nil, err
		}
		if _, err := cases.AddReporter(tx, ev.Community, card.ID, ev.Identity, ev.Seq, ev.LoggedAt); err != nil {
			return nil, err
		}
		return Opened{card.ID}, schedulePage(tx, ev, card)
	}
	return nil, nil
}

// longestMemberText bounds what a member writes on their page, in characters.
const longestMemberText = 500

// DoFor carries out what a member asks for on their own page: AppealMake against
// the verdict of the pass, or ReportMake. The same text again is the same command.
func (e *Engine) DoFor(ctx context.Context, c community.ID, p Pass, kind community.Kind, text string) (Answer, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n > longestMemberText {
		return Answer{}, community.Errorf(community.Invalid, "the text is longer than %d characters", longestMemberText)
	}
	if !p.Until.After(e.now()) {
		return Answer{}, community.Errorf(community.Forbidden, "the link has expired").WithHint("ask the people of the group for another")
	}
	cmd := Command{Kind: kind, Member: p.Member, Group: p.Group, Case: casework.Command{Note: text}}
	switch kind {
	case community.AppealMake:
		var v casework.Verdict
		if err := e.db.Read(ctx, func(q store.Querier) (err error) {
			v, err = VerdictOfPass(ctx, q, c, p)
			return err
		}); err != nil {
			return Answer{}, err
		}
		cmd.Case.Verdict, cmd.Key = v.ID, fmt.Sprintf("appeal/%d", v.ID)
	case community.ReportMake:
		if text == "" {
			return Answer{}, community.Errorf(community.Invalid, "the report is empty").WithHint("write what happened")
		}
		cmd.Key = fmt.Sprintf("report/%d/%s/%s", p.Group, e.now().UTC().Format(time.DateOnly), text)
	default:
		return Answer{}, community.Errorf(community.Invalid, "a member cannot ask for %s", kind)
	}
	return e.Do(ctx, c, cmd)
}

// VerdictOfPass is the newest verdict on the message of a pass from which
// something came. It fails with NotFound.
func VerdictOfPass(ctx context.Context, q store.Querier, c community.ID, p Pass) (casework.Verdict, error) {
	var found casework.Verdict
	if p.Seq != 0 {
		list, err := cases.VerdictsOn(ctx, q, c, p.Seq)
		if err != nil {
			return found, err
		}
		for i := range list {
			if list[i].Identity == p.Member && list[i].Stage != policy.Shadow {
				found = list[i]
			}
		}
	}
	if found.ID == 0 {
		return found, community.Errorf(community.NotFound, "there is nothing on record for this link")
	}
	return found, nil
}
