// Package transcript reads what people exported from chat programs (S75): messages,
// joins, leaves, renames and recalls, and lists of members. Every format has a
// file of its own and gives the same [Record]. Nothing is held in memory but the
// row at hand, whatever the size of the file.
//
// # Bad rows and cut files
//
// A row that cannot be understood is a [*RowError]; reading goes on after it.
// Anything else that goes wrong (a compressed stream or a JSON document that
// ends too early, a character cut in two) ends the reading with a
// community.Error. Rows before it have been given out and are right.
//
// A plain text file does not say where it ends, so a file that was cut and a
// file that simply lacks its last line break look alike. What is given out then:
//
//   - Tables (CSV, TSV): a last row without a line break is a RowError, because
//     its last field may be shorter than it was. Where the last column is the
//     time, a row that ends in a whole one is given out.
//   - JSON and JSON lines: brackets tell; an unfinished value is an error.
//   - QQ text: the last message is given out with the text that is there, which
//     may be the beginning of what was written. A last line that could be the
//     beginning of the next message's head, a head without a body and a system
//     message without the empty line after it are RowErrors.
//   - IRC text: a last line without a line break is given out if it is a message
//     whose author is complete, with the text that is there; a join, leave,
//     rename or action is a RowError.
//
// Nothing in such a file can prove that it is whole; a person can know it. So
// these RowErrors are marked as Last, and Options.Whole gives the rows out.
//
// # Times
//
// Record.At is in UTC. Formats that write a wall clock need Options.Zone and are
// refused without it. A wall clock that a change to summer time skips or repeats
// is read as package time does.
//
// # Details
//
// Record.Data holds, besides columns without a field of their own: "way" of joins
// (invite, qrcode, search, direct) and leaves (direct, removed, quit) and the
// "reason" of leaves; the "old" name of renames; "operator" = "self"; "type" and
// "subtype" of messages that are Other; "act" of IRC messages (me, notice);
// "time" = "inferred" where a line has no clock and took another line's; "title"
// of QQ members, "remark" and "account_name", where they differ from the name.
package transcript
