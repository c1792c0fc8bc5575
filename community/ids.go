package community

import "time"

// ID numbers a community. The community "default" (number 1) exists from the start.
type ID int64

// DefaultID is the community that exists in every installation.
const DefaultID ID = 1

// GroupID numbers a group (群) within its community, from 1, in the order in
// which groups were first seen. 0 means "no group".
type GroupID int64

// IdentityID numbers an identity within its community, from 1 and without holes,
// so that sets of identities are compact bitmaps. An identity is one name or
// platform ID under which somebody was seen; an event keeps the identity it was
// born with for ever. 0 means "nobody".
type IdentityID uint32

// PersonID numbers a person (用户). It is the smallest IdentityID among the
// identities linked to that person.
type PersonID uint32

// Seq is an event's place in its community's log: dense, from 1, in commit order.
type Seq int64

// StaffID numbers a member of staff (运营人员) of the installation.
type StaffID int64

// Network names a chat network ("sim", "wechat", "qq", "irc", "satori", …).
// Outside IDs are unique within a network only.
type Network string

// Community is one organisation.
type Community struct {
	ID   ID
	Slug string // stable name in URLs, "default"
	Name string // for people
	Zone *time.Location
}

// Group is one chat group (群).
type Group struct {
	Community ID
	ID        GroupID
	Network   Network
	OutsideID string // the platform's ID, or the name where exports carry none
	Name      string
	Zone      *time.Location // days, weeks and hours of the group are counted in it
	Account   string         // ours that listens; "" where none does
	Direct    bool           // no group of people: what is said to Account alone
}

// Scene is what a domain function knows of where and when it is: it never asks
// the clock. Now is the log's time of the event that is being decided.
type Scene struct {
	Community ID
	Group     GroupID
	Zone      *time.Location
	Now       time.Time
}
