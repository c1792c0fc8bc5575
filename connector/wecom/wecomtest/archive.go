package wecomtest

import (
	"net/http"
	"time"
)

// consent is what somebody from outside decided about the chat archive in a group.
type consent struct {
	member, state string // "Agree", "Disagree", "Default_Agree"
	at            int64  // Unix seconds
}

// editions are the types of archive seats, by the platform's number.
var editions = map[int64]string{1: "office", 2: "service", 3: "enterprise"}

// Seat gives an employee a seat of the chat archive, of an edition.
func (s *Server) Seat(employee, edition string) {
	_ = s.do(func() error { // nothing can go wrong
		s.seats[edition] = append(s.seats[edition], employee)
		return nil
	})
}

// Consent lets somebody from outside decide about the chat archive in a group.
func (s *Server) Consent(group, member, state string, at time.Time) error {
	return s.do(func() error {
		_, err := s.chat(group)
		s.consents[group] = append(s.consents[group], consent{member, state, at.Unix()})
		return err
	})
}

// archive are the calls about the chat archive; its messages come by WeCom's library.
func (s *Server) archive() {
	s.handle("/cgi-bin/msgaudit/get_permit_user_list", func(in object, _ *http.Request) (object, error) {
		return object{"ids": append([]string{}, s.seats[editions[int64(number(in, "type"))]]...)}, nil
	})
	s.handle("/cgi-bin/msgaudit/check_room_agree", func(in object, _ *http.Request) (object, error) {
		if _, err := s.chat(text(in, "roomid")); err != nil {
			return nil, err
		}
		list := []object{}
		for _, c := range s.consents[text(in, "roomid")] {
			list = append(list, object{"exteranalopenid": c.member, "agree_status": c.state, "status_change_time": c.at})
		}
		return object{"agreeinfo": list}, nil
	})
}
