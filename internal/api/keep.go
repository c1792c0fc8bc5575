package api

import (
	"encoding/json"
	"slices"

	"qunying/community"
)

// Whoever saves a setting says all of it, with the version that they saw. A field that
// is left out is never taken for off, none or empty: it is refused where the document
// requires it, inherited where the setting is inherited field by field, and otherwise
// stays as it is, which is what keep sees to. TestNothingIsSwitchedOffBySilence holds
// every operation that saves something to it.

// keep fills in the fields that a body leaves out from what is in force. now answers
// that; where it fails with NotFound, the setting is new, and nothing is filled in.
func keep[V, B any](raw []byte, now func() (V, error), body *B) error {
	var said, is map[string]json.RawMessage
	if err := json.Unmarshal(raw, &said); err != nil {
		return community.Errorf(community.Invalid, "the body is no object")
	}
	view, err := now()
	if community.CodeOf(err) == community.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(view)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return err
	}
	for name := range said {
		delete(is, name)
	}
	delete(is, "as_of")
	if text, err = json.Marshal(is); err != nil {
		return err
	}
	return json.Unmarshal(text, body)
}

// oneOf is the one of a list that is meant; NotFound where there is none.
func oneOf[V any](list []V, err error, is func(V) bool) (one V, _ error) {
	if err != nil {
		return one, err
	}
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return one, community.Errorf(community.NotFound, "there is none yet")
	}
	return list[i], nil
}
