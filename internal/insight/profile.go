package insight

import (
	"net/url"
	"slices"
	"unicode/utf8"

	"qunying/community"
)

// ProfileKey is the setting that says what a group is for: a Profile.
const ProfileKey = "profile"

// Kind is what sort of group it is, as operators tell them apart (S1 to S3).
type Kind string

// Kinds are all of them, in the order in which they are offered.
var Kinds = []Kind{"product", "interest", "resource", "service", "knowledge", "commerce", "consumption", "brand", "mixed"}

// Type is the type of which the field's figures exist (S50): "" where none of them fits.
func (k Kind) Type() GroupType {
	switch k {
	case "interest", "brand":
		return Interest
	case "business", "commerce", "product", "service", "resource", "consumption", "consumer":
		return Business
	case "learning", "knowledge":
		return Learning
	}
	return ""
}

// Profile is what a group is for: its kind and its charter (S4: the goal first, one
// main direction, what members get here and nowhere else). What is left out is
// inherited, field by field.
type Profile struct {
	Type      *Kind       `json:"type,omitempty"`
	Goal      *string     `json:"goal,omitempty"`
	Direction *string     `json:"direction,omitempty"`
	Value     *string     `json:"value,omitempty"`
	Material  *[]Material `json:"material,omitempty"`
	// Founded is the day on which the group was made on its platform; of a group only.
	Founded *community.Day `json:"founded,omitempty"`
}

// Material is something that only members get: a white paper, a collection of cases.
type Material struct {
	Name string `json:"name"`
	Link string `json:"link,omitempty"` // http or https
}

const (
	charterMost  = 1000 // characters of one text
	materialMost = 30
	linkMost     = 2000
	oldestGroup  = community.Day(0) // 1970: nobody's calendar begins earlier
)

// Check fails with Invalid where a profile cannot be kept or shown.
func (p Profile) Check() error {
	if p.Type != nil && !slices.Contains(Kinds, *p.Type) {
		return community.Errorf(community.Invalid, "there is no type of group %q", *p.Type)
	}
	if p.Founded != nil && *p.Founded < oldestGroup {
		return community.Errorf(community.Invalid, "no group was founded on %s", p.Founded).WithHint("the year has four digits")
	}
	for _, text := range []*string{p.Goal, p.Direction, p.Value} {
		if text != nil && utf8.RuneCountInString(*text) > charterMost {
			return community.Errorf(community.Invalid, "a part of a charter has %d characters at most", charterMost)
		}
	}
	if p.Material == nil {
		return nil
	}
	if len(*p.Material) > materialMost {
		return community.Errorf(community.Invalid, "a charter lists %d pieces of material at most", materialMost)
	}
	for _, m := range *p.Material {
		if m.Name == "" || utf8.RuneCountInString(m.Name) > charterMost || len(m.Link) > linkMost {
			return community.Errorf(community.Invalid, "material has a name of up to %d characters", charterMost)
		}
		if u, err := url.Parse(m.Link); m.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return community.Errorf(community.Invalid, "the link of %s leads nowhere", m.Name).WithHint("begin it with https://")
		}
	}
	return nil
}
