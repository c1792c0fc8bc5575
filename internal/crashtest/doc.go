// Package crashtest proves that nothing is lost and nothing done twice: its
// tests kill the whole machine at random moments, again and again, while it
// takes events in, decides, sends, counts and imports.
package crashtest
