// Package wecomtest is a WeCom of one corporation for tests and demonstrations: its
// interface over HTTP as far as connector/wecom uses it, and the encrypted calls to
// an app's address. It was written from the platform's documents and not from the
// connector. Error codes that those documents do not give with a call are the likeliest
// ones of the platform's list.
//
// It misbehaves on command: latency, HTTP failures, wrong codes, expired tokens, used
// up rates, addresses it does not trust, answers that never come, and calls that come
// twice, late or in another order.
//
// Tests script it by method, other programs by POST /_control/{what} with JSON:
//
//	found   {"group","name","owner"}             join     {"group","member","inviter","scene","state"}
//	leave   {"group","member","removed"}         rename   {"group","text"}
//	announce {"group","text"}                    owner    {"group","member"}
//	dissolve {"group"}                           say      {"member","text"}
//	befriend {"member","employee","state"}       unfriend {"member","employee"}
//	confirm {"message"}                          fail     {"path","count","code","status","cut","delay_ms"}
//	expire  {}                                   hook     {"url"}
//	seat    {"member","text"}: an edition         consent {"group","member","state"}
//	resign  {"member"}: their groups wait for another owner
//	state   {}  answers with what is there
package wecomtest
