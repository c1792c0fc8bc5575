package api

import (
	"fmt"
	"slices"
)

// Permission is what an operation requires of its caller.
type Permission string

const (
	public  Permission = "public" // everybody
	byLink  Permission = "link"   // whoever has a signed personal link, signed in or not: the handler opens it
	self    Permission = "self"   // whoever is signed in
	read    Permission = "read"   // see groups, messages, people
	imports Permission = "import" // bring in files and member lists
	act     Permission = "act"    // do something that people or records feel
	manage  Permission = "manage" // settings and repairs
	audit   Permission = "audit"  // see who changed what
	hire    Permission = "staff"  // people who work here, and keys for programs

	viewCases Permission = "moderation.view"  // see cards, verdicts, lists, rules
	judge     Permission = "moderation.judge" // decide cards, change lists, forgive
	setRules  Permission = "moderation.rules" // policies, lexicons, detectors, the kill switch

	givePoints Permission = "points.give" // give and take points by hand

	exportRun    Permission = "export.run"    // take messages out as a file
	exportManage Permission = "export.manage" // say which exports are taken again and again
)

var permissions = []Permission{public, self, read, imports, act, manage, audit, hire, viewCases, judge, setRules, givePoints, exportRun, exportManage}

// grants says what each role may do.
var grants = map[string][]Permission{
	"owner":     permissions,
	"lead":      {public, self, read, imports, act, manage, audit, viewCases, judge, setRules, givePoints, exportRun, exportManage},
	"operator":  {public, self, read, imports, act, viewCases, judge, givePoints},
	"moderator": {public, self, read, act, viewCases, judge},
	"analyst":   {public, self, read, imports, viewCases, exportRun},
	"viewer":    {public, self, read, viewCases},
}

// scopes are what a key for a program can be given.
var scopes = []Permission{read, imports, act, manage, audit, viewCases, judge, setRules, givePoints, exportRun, exportManage}

// may says whether the role has the permission; the empty role is nobody's.
func may(role string, p Permission) bool {
	return p == public || p == byLink || slices.Contains(grants[role], p)
}

// may says whether a visitor has the permission: by role, and with a key within
// its scopes.
func (v visitor) may(p Permission) bool {
	return may(v.staff.Role, p) && (v.key == 0 || p == public || p == byLink || slices.Contains(v.scopes, string(p)))
}

func permissionsOf(role string) []string {
	names := make([]string, 0, len(grants[role]))
	for _, p := range grants[role] {
		names = append(names, string(p))
	}
	return names
}

func mustBePermission(p Permission) {
	if p != byLink && !slices.Contains(permissions, p) {
		panic(fmt.Sprintf("api: %q is not a permission", p))
	}
}
