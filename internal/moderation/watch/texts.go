package watch

import (
	"unicode"

	"qunying/community"
	"qunying/internal/moderation/read"
)

// Text is by what a text is known again.
type Text struct {
	exact     uint64 // hash of its letters, Han characters and digits; 0 if it has none
	signature uint64 // see read.Reading
}

// Near is in how many bits the signatures of two texts may differ that are
// nearly the same. Of unequal texts of real groups one pair in ten thousand is
// that near, and nearly all of those are variants of one advert.
const Near = 10

// TextOf hashes with FNV-1a over runes: it must be the same in every process.
func TextOf(r *read.Reading) Text {
	const offset, prime = 14695981039346656037, 1099511628211
	if r.Detector(read.QR) != nil {
		return Text{r.Signature, r.Signature} // what it leads to matters, not what is written beside it
	}
	h := uint64(offset)
	for _, c := range r.Normal {
		if unicode.IsLetter(c) || '0' <= c && c <= '9' {
			h = (h ^ uint64(c)) * prime
		}
	}
	if h == offset {
		h = 0
	}
	return Text{h, r.Signature}
}

// same tells whether two texts are the same or nearly so.
func (t Text) same(o Text) bool {
	return t.exact != 0 && t.exact == o.exact ||
		t.signature != 0 && o.signature != 0 && read.Distance(t.signature, o.signature) <= Near
}

// known tells whether a text is long enough to be compared over groups: 收到 in
// twenty groups means nothing.
func (t Text) known() bool { return t.signature != 0 }

// Bands cut a signature so that two which are near most likely have one band in
// common: always up to a distance of 7, at 10 in 97 cases of 100.
const (
	bands    = 8
	bandBits = 64 / bands
)

// mostTried bounds the texts of a band that are compared, the newest: a group that
// talks in few words makes bands uneven.
const mostTried = 200

// mostPosters bounds the groups and the persons remembered of one text.
const mostPosters = 64

// none is no cluster.
const none = -1

// cluster is a text and those that were near it.
type cluster struct {
	Text
	last   int64                       // ms
	groups []poster[community.GroupID] // in no order
	people []poster[community.PersonID]
	newer  int32 // in the order of use
	older  int32
}

type poster[ID comparable] struct {
	id   ID
	last int64 // ms
}

// texts are the clusters that were met last.
type texts struct {
	limit      int
	clusters   []cluster
	signatures []uint64 // of the clusters
	exact      map[uint64]int32
	added      [bands][1 << bandBits]latest
	newest     int32
	oldest     int32
}

// latest are the texts that were added last of those that have a band in common,
// in no order. They lie side by side, as find goes through hundreds of them for
// each message. Some may have given their place as a cluster to another since.
type latest struct {
	signatures []uint64
	clusters   []int32
	next       int // to be written over, once there are as many as are tried
}

func (r *latest) add(signature uint64, cluster int32) {
	if len(r.signatures) < mostTried {
		r.signatures, r.clusters = append(r.signatures, signature), append(r.clusters, cluster)
		return
	}
	r.signatures[r.next], r.clusters[r.next] = signature, cluster
	r.next = (r.next + 1) % mostTried
}

func newTexts(limit int) texts {
	return texts{limit: limit, exact: map[uint64]int32{}, newest: none, oldest: none}
}

// see notes a text and returns in how many groups and by how many persons it or
// its like was posted within Span.
func (t *texts) see(x Text, at int64, group community.GroupID, person community.PersonID) (groups, people int) {
	i := t.find(x, at)
	if i == none {
		i = t.add(x)
	} else {
		t.unuse(i)
		t.use(i)
	}
	c := &t.clusters[i]
	c.last = max(c.last, at)
	c.groups, groups = note(c.groups, group, at)
	c.people, people = note(c.people, person, at)
	return groups, people
}

// note notes who posted a text, and returns how many did within Span.
func note[ID comparable](posters []poster[ID], id ID, at int64) ([]poster[ID], int) {
	kept := posters[:0]
	found := false
	for _, p := range posters {
		if p.id == id {
			p.last, found = max(p.last, at), true
		}
		if p.last > at-Span.Milliseconds() {
			kept = append(kept, p)
		}
	}
	if !found && len(kept) < mostPosters {
		kept = append(kept, poster[ID]{id, at})
	}
	return kept, len(kept)
}

// find returns the cluster of the same text or else the nearest one, if it was
// met within Span.
func (t *texts) find(x Text, at int64) int32 {
	fresh := func(i int32) bool { return t.clusters[i].last > at-Span.Milliseconds() }
	if i, ok := t.exact[x.exact]; ok && fresh(i) {
		return i
	}
	best, distance := int32(none), Near+1
	for b := range bands {
		r := &t.added[b][band(x.signature, b)]
		for k, signature := range r.signatures {
			d := read.Distance(x.signature, signature)
			if d > distance {
				continue
			}
			i := r.clusters[k]
			if (d < distance || i < best) && t.signatures[i] == signature && fresh(i) {
				best, distance = i, d
			}
		}
	}
	return best
}

func band(signature uint64, b int) uint8 { return uint8(signature >> (b * bandBits)) }

// add makes a cluster, in the place of the one not met for longest if there are
// as many as the limit.
func (t *texts) add(x Text) int32 {
	var i int32
	if len(t.clusters) < t.limit {
		i = int32(len(t.clusters))
		t.clusters = append(t.clusters, cluster{})
		t.signatures = append(t.signatures, 0)
	} else {
		i = t.oldest
		t.forget(i)
	}
	c := &t.clusters[i]
	*c = cluster{Text: x, groups: c.groups[:0], people: c.people[:0]}
	t.exact[x.exact], t.signatures[i] = i, x.signature
	for b := range bands {
		t.added[b][band(x.signature, b)].add(x.signature, i)
	}
	t.use(i)
	return i
}

// forget gives a cluster's place free.
func (t *texts) forget(i int32) {
	c := &t.clusters[i]
	if t.exact[c.exact] == i {
		delete(t.exact, c.exact)
	}
	t.unuse(i)
}

// use makes a cluster the newest.
func (t *texts) use(i int32) {
	c := &t.clusters[i]
	c.newer, c.older = none, t.newest
	if t.newest != none {
		t.clusters[t.newest].newer = i
	}
	t.newest = i
	if t.oldest == none {
		t.oldest = i
	}
}

// unuse takes a cluster out of the order of use.
func (t *texts) unuse(i int32) {
	c := &t.clusters[i]
	if c.newer != none {
		t.clusters[c.newer].older = c.older
	} else {
		t.newest = c.older
	}
	if c.older != none {
		t.clusters[c.older].newer = c.newer
	} else {
		t.oldest = c.newer
	}
}
