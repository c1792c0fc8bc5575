package read

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/detect"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/normal"
)

// Config is what a Reader is made of. The zero value has no words and all
// detectors.
type Config struct {
	Lexicons []lexicon.Lexicon // must not be changed afterwards
	Hosts    detect.Hosts
	Off      normal.Steps // steps of the normaliser that are not done
	Long     int          // characters from which a text is long; 0 is 500, below 0 never
	Lines    int          // lines from which it is long; 0 is 30, below 0 never
	Mentions int          // members from which many are mentioned; 0 is 5, below 0 never
}

// Reader reads messages. It is never changed and may be shared: to read with
// other words, make another one and swap the pointer.
type Reader struct {
	config  Config
	normal  *normal.Normaliser
	words   *lexicon.Set
	scratch sync.Pool // *scratch
}

// scratch is the memory for one message.
type scratch struct {
	text, name normal.Text
	finder     lexicon.Finder
	hits       []Hit
	found      []Found
}

// New makes a reader. Errors are Invalid and name the lexicon and the line.
func New(c Config) (*Reader, error) {
	defaults := func(n *int, standard int) {
		if *n == 0 {
			*n = standard
		}
	}
	defaults(&c.Long, 500)
	defaults(&c.Lines, 30)
	defaults(&c.Mentions, 5)
	n := normal.Default()
	if c.Off != 0 {
		n = normal.New(normal.All &^ c.Off)
	}
	words, err := lexicon.Compile(n, c.Lexicons...)
	if err != nil {
		return nil, err
	}
	r := &Reader{config: c, normal: n, words: words}
	r.scratch.New = func() any { return new(scratch) }
	return r, nil
}

// Read reads a message, of very long ones the first 64 KiB. The same message always gives the same reading. Memory
// is taken only for what was found, and for Normal where it differs from the
// text.
func (r *Reader) Read(m Message) Reading {
	s := r.scratch.Get().(*scratch)
	s.hits, s.found = s.hits[:0], s.found[:0]
	m.Text, m.Name = cut(m.Text, maxText), cut(m.Name, maxName)
	r.normal.Read(&s.text, m.Text)
	size := detect.SizeOf(&s.text)
	out := Reading{
		Normal:    plain(&s.text, m.Text),
		Signature: signature(s.text.Words.Runes),
		Length:    size.Characters,
		Unread:    (m.Form == community.Voice || m.Form == community.Video) && size.Characters == 0,
	}
	if len(m.Codes) > 0 {
		out.Signature = signatureOf(m.Codes)
	}
	r.find(s)
	r.detect(s, m, size)
	if m.Name != "" {
		r.readName(s, m.Name)
	}
	if len(s.hits) > 0 {
		out.Hits = append(out.Hits, s.hits...)
	}
	if len(s.found) > 0 {
		out.Found = append(out.Found, s.found...)
	}
	s.text.Source, s.name.Source = "", "" // the pool must not keep messages
	r.scratch.Put(s)
	return out
}

// Bounds of what is read, in bytes: more is no talk, and regular expressions
// take their time with it. What follows is as if it were not there.
const (
	maxText = 64 << 10
	maxName = 1 << 10
)

// cut shortens a text to a number of bytes, at a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// plain returns what a message was read as, the message itself where nothing was
// undone.
func plain(t *normal.Text, message string) string {
	if t.Same {
		return message
	}
	v := t.Words
	rest := message
	for _, r := range v.Runes {
		next, width := utf8.DecodeRuneInString(rest)
		if next != r || width == 0 || next == utf8.RuneError && width == 1 {
			return v.String()
		}
		rest = rest[width:]
	}
	if rest != "" {
		return v.String()
	}
	return message
}

// find notes the entries of lexicons.
func (r *Reader) find(s *scratch) {
	for _, h := range s.finder.Find(r.words, &s.text) {
		e := r.words.Entry(h.Entry)
		at := s.text.Words.Source(h.Words)
		s.hits = append(s.hits, Hit{r.words.Lexicon(h.Entry), e.Category, e.Text, string(h.Way), at.Start, at.End, h.Excepted})
	}
	slices.SortStableFunc(s.hits, func(a, b Hit) int { return cmp.Compare(a.Start, b.Start) })
}

// detect notes what detectors find.
func (r *Reader) detect(s *scratch, m Message, size detect.Size) {
	add := func(detector, value, kind string, at normal.Span) {
		s.found = append(s.found, Found{detector, value, kind, at.Start, at.End})
	}
	r.addLinks(s, &s.text, true)
	if m.URL != "" {
		var url normal.Text
		r.normal.Read(&url, cut(m.URL, maxText))
		r.addLinks(s, &url, false)
	}
	for _, c := range detect.Contacts(r.normal, &s.text) {
		add(string(c.Kind), c.Value, "", c.At)
	}
	for _, code := range m.Codes {
		code = cut(code, maxName)
		add(QR, code, "", normal.Span{})
		var text normal.Text
		r.normal.Read(&text, code)
		if r.addLinks(s, &text, false) {
			continue // digits of an address are nobody's number
		}
		for _, c := range detect.Contacts(r.normal, &text) {
			add(string(c.Kind), c.Value, "", normal.Span{})
		}
	}
	if at, ok := detect.Everyone(&s.text); ok || m.MentionsAll {
		add(Everyone, "", "", at)
	}
	if at, word, ok := detect.Complaint(&s.text); ok {
		add(Complaint, word, "", at)
	}
	if over(m.Mentions, r.config.Mentions) {
		add(Mentions, strconv.Itoa(m.Mentions), "", normal.Span{})
	}
	switch m.Form {
	case community.Card:
		add(Card, "", "", normal.Span{})
	case community.MiniProgram:
		add(MiniProgram, "", "", normal.Span{})
	case community.Forward:
		add(Forward, "", "", normal.Span{})
	}
	switch {
	case over(size.Characters, r.config.Long):
		add(Long, strconv.Itoa(size.Characters), "characters", normal.Span{})
	case over(size.Lines, r.config.Lines):
		add(Long, strconv.Itoa(size.Lines), "lines", normal.Span{})
	}
}

func over(n, limit int) bool { return limit > 0 && n >= limit }

// addLinks notes the links in a text, and tells whether there are any. Places are
// kept only of the message's own.
func (r *Reader) addLinks(s *scratch, t *normal.Text, own bool) (some bool) {
	for _, l := range detect.Links(t, r.config.Hosts) {
		f := Found{Link, cmp.Or(l.Host, l.Path), string(l.Kind), l.At.Start, l.At.End}
		if l.Kind == detect.Allowed {
			f.Detector, f.Kind = LinkAllowed, ""
		}
		if !own {
			f.Start, f.End = 0, 0
		}
		s.found = append(s.found, f)
		some = true
	}
	return some
}

// inNames are the categories whose words make a name an advert.
var inNames = map[string]bool{"advert": true, "fraud": true, "gambling": true, "pornography": true}

// readName notes adverts in the author's name: one finding is enough.
func (r *Reader) readName(s *scratch, name string) {
	r.normal.Read(&s.name, name)
	add := func(kind, value string, at normal.Span) {
		s.found = append(s.found, Found{NameAdvert, value, kind, at.Start, at.End})
	}
	for _, c := range detect.Contacts(r.normal, &s.name) {
		add(string(c.Kind), c.Value, c.At)
		return
	}
	for _, l := range detect.Links(&s.name, r.config.Hosts) {
		if l.Kind != detect.Allowed {
			add(Link, cmp.Or(l.Host, l.Path), l.At)
			return
		}
	}
	for _, h := range s.finder.Find(r.words, &s.name) {
		if e := r.words.Entry(h.Entry); inNames[e.Category] && !h.Excepted {
			add(e.Category, e.Text, s.name.Words.Source(h.Words))
			return
		}
	}
}
