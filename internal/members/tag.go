package members

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/community"
)

// Bounds of tags (标签, S49).
const (
	LongestTag = 24 // characters
	MostTags   = 20 // in one change
)

// TagChange is which tags are put on a person and which are taken off.
type TagChange struct {
	Put, Take []string
}

// Check trims the tags and says what is wrong with them.
func (t TagChange) Check() (TagChange, error) {
	var err error
	if t.Put, err = tidyTags(t.Put); err != nil {
		return t, err
	}
	if t.Take, err = tidyTags(t.Take); err != nil {
		return t, err
	}
	switch {
	case len(t.Put)+len(t.Take) == 0:
		return t, community.Errorf(community.Invalid, "no tag is given")
	case len(t.Put)+len(t.Take) > MostTags:
		return t, community.Errorf(community.Invalid, "more than %d tags are changed at once", MostTags)
	}
	for _, tag := range t.Put {
		if slices.Contains(t.Take, tag) {
			return t, community.Errorf(community.Invalid, "the tag %s is both put on and taken off", tag)
		}
	}
	return t, nil
}

func tidyTags(tags []string) ([]string, error) {
	var tidy []string
	for _, tag := range tags {
		tag = strings.Join(strings.Fields(tag), " ")
		switch {
		case tag == "":
			return nil, community.Errorf(community.Invalid, "a tag is empty")
		case utf8.RuneCountInString(tag) > LongestTag:
			return nil, community.Errorf(community.Invalid, "the tag %s is longer than %d characters", tag, LongestTag).WithHint("shorten it; a note holds more")
		case !utf8.ValidString(tag) || strings.ContainsFunc(tag, unicode.IsControl):
			return nil, community.Errorf(community.Invalid, "a tag holds characters that cannot be read")
		}
		if !slices.Contains(tidy, tag) {
			tidy = append(tidy, tag)
		}
	}
	return tidy, nil
}
