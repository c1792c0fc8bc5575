// Package wechaty connects accounts of WeChat through a Wechaty gateway: a
// program that people run beside us, which signs in to WeChat by means of its
// own and offers the puppet service over gRPC. The gateway keeps nothing for who
// is away, allows one listener, and its means are not WeChat's.
//
// driver.go opens accounts, dial.go reaches the gateway, run.go listens,
// events.go and message.go turn what is heard into observations, rooms.go and
// cache.go know names and rights, send.go and acts.go act, echo.go finds our own
// acts among what is heard, probe.go tries the settings.
package wechaty
