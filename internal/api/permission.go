package api

import (
	"fmt"
	"slices"
)

// Permission is what an operation requires of its caller.
type Permission string

const (
	public  Permission = "public" // everybody
	self    Permission = "self"   // whoever is signed in
	read    Permission = "read"   // see groups, messages, people
	imports Permission = "import" // bring in files and member lists
	act     Permission = "act"    // do something that people or records feel
	manage  Permission = "manage" // settings and repairs
)

var permissions = []Permission{public, self, read, imports, act, manage}

// grants says what each role may do.
var grants = map[string][]Permission{
	"owner":  permissions,
	"viewer": {public, self, read},
}

// may says whether the role has the permission; the empty role is nobody's.
func may(role string, p Permission) bool {
	return p == public || slices.Contains(grants[role], p)
}

func permissionsOf(role string) []string {
	names := make([]string, 0, len(grants[role]))
	for _, p := range grants[role] {
		names = append(names, string(p))
	}
	return names
}

func mustBePermission(p Permission) {
	if !slices.Contains(permissions, p) {
		panic(fmt.Sprintf("api: %q is not a permission", p))
	}
}
