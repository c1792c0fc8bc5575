package api

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"

	"qunying/community"
)

// A cursor is a Place as text, sealed with the query that it belongs to, so that
// a cursor of one list is refused by another instead of answering nonsense. It is
// no secret and no proof: whoever forges one only pages elsewhere in a list that
// they may read anyway.

// sealOf is the mark of a list and its filters. The query's place must be unset.
func sealOf(list string, c community.ID, query any) uint32 {
	h := fnv.New32a()
	b, err := json.Marshal([]any{list, c, query})
	if err != nil {
		panic("api: a query that is not plain data: " + err.Error())
	}
	h.Write(b)
	return h.Sum32()
}

// writeCursor is empty for the zero place: no page follows.
func writeCursor(p Place, seal uint32) string {
	if p == (Place{}) {
		return ""
	}
	b := binary.BigEndian.AppendUint32(nil, seal)
	b = binary.AppendVarint(b, p.Number)
	b = binary.AppendVarint(b, p.ID)
	b = append(b, p.Text...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// openCursor reads what writeCursor wrote; empty text is the zero place. It fails
// with Invalid on anything else.
func openCursor(text string, seal uint32) (Place, error) {
	if text == "" {
		return Place{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 4 {
		return Place{}, badCursor()
	}
	if binary.BigEndian.Uint32(b) != seal {
		return Place{}, badCursor()
	}
	b = b[4:]
	var p Place
	for _, field := range []*int64{&p.Number, &p.ID} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return Place{}, badCursor()
		}
		*field, b = v, b[n:]
	}
	p.Text = string(b)
	return p, nil
}

func badCursor() error {
	return community.Errorf(community.Invalid, "the cursor is not one of this list").WithHint("begin again without a cursor; keep the filters the same from page to page")
}
