// Package wecom connects a self-built app of WeCom (企业微信): customer groups
// (客户群), customers, the app's own groups (appchat) and messages to staff.
//
// What WeCom tells of a customer group is that something changed, in an encrypted
// call to our address; who came and went is read from the group's details. A call
// is acknowledged before the details are read, because nothing depends on it: a
// list of all groups is read at the start of Run and every few hours, and
// compared with what was known. What was said in a group nobody tells: that
// needs the chat archive, a connector of its own.
//
// A message to a customer group is a task that WeCom puts before the group's
// owner (connector.Proposer); the platform has no way around the owner's thumb.
//
// Two abilities go beyond the border's, and are found by method:
//
//	Quota(ctx, group) (left, of int, err error)  // sends that the group may still receive
//	Cancel(ctx, group, proposal) error           // withdraws a proposal
//
// What the corporation manages beside (join codes, welcome templates, tags, statistics,
// handing over groups, rules for words) are abilities of the border, one a thing
// (corporation.go); Client has the calls themselves.
package wecom
