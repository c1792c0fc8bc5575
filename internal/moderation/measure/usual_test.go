package measure

import "testing"

// The source's table has three rows, and says of neither 50 nor 200 members which
// is theirs: both are in the middle one.
func TestWhatIsUsualBySize(t *testing.T) {
	small, middle, large := Usual{"small", 0.60, 0.12, 3}, Usual{"middle", 0.85, 0.07, 8}, Usual{"large", 0.95, 0.04, 15}
	for members, want := range map[int64]Usual{0: small, 49: small, 50: middle, 200: middle, 201: large, 500: large} {
		if got := UsualOf(members); got != want {
			t.Errorf("%d members: %+v, want %+v", members, got, want)
		}
	}
}
