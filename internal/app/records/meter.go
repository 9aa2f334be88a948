package records

import "github.com/weirmesh/weir"

// Sent counts rows that the reader was sent.
func (s *Stream) Sent(rows []Row) {
	if s.r.cfg.Meter == nil || len(rows) == 0 {
		return
	}
	var size int64
	for _, r := range rows {
		size += int64(len(r.JSON))
	}
	s.r.cfg.Meter.Add(weir.Passage{
		Who: s.person.Ref, Of: weir.Ref{Noun: s.of.Noun, UID: s.source.uid, Name: s.of.Name},
		Direction: weir.Reading, How: weir.ByHTTP, Library: s.library,
	}, int64(len(rows)), size)
}
