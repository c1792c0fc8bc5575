package measure

// Usual is what the field tells of groups of a size (S25): how complete their rules
// are, how many of a hundred messages break them, how often somebody steps in.
// Somebody's figures: they stand beside ours and judge nobody.
type Usual struct {
	Size          string  `json:"size" enum:"small,middle,large" doc:"fewer than 50 members, up to 200, more"`
	Completeness  float64 `json:"completeness" doc:"share of what a complete set of rules settles"`
	Rate          float64 `json:"rate" doc:"violations of messages"`
	Interventions float64 `json:"interventions" doc:"in a week"`
}

// UsualOf are the figures for a number of members.
func UsualOf(members int64) Usual {
	switch {
	case members < 50:
		return Usual{"small", 0.60, 0.12, 3}
	case members <= 200:
		return Usual{"middle", 0.85, 0.07, 8}
	default:
		return Usual{"large", 0.95, 0.04, 15}
	}
}
