package weir_test

import (
	"testing"
	"time"

	"github.com/weirmesh/weir"
)

func TestOwnUID(t *testing.T) {
	t.Parallel()
	a, b := weir.NewUID(time.Unix(1, 0)), weir.NewUID(time.Unix(1, 0))
	team := weir.OwnUID(a, weir.NounTeam, weir.OwnName)
	if team != weir.OwnUID(a, weir.NounTeam, weir.OwnName) {
		t.Error("the same thing of the same mesh has two uids")
	}
	if team == weir.OwnUID(b, weir.NounTeam, weir.OwnName) || team == weir.OwnUID(a, weir.NounDomain, weir.OwnName) {
		t.Error("two things have one uid")
	}
	if !team.Own() {
		t.Errorf("%s is not seen to be Weir's own", team)
	}
	if got, err := weir.ParseUID(team.String()); err != nil || got != team {
		t.Errorf("%s is read as %s, %v", team, got, err)
	}
	for range 1000 {
		if u := weir.NewUID(time.Now()); u.Own() {
			t.Fatalf("%s is taken for Weir's own", u)
		}
	}
	if (weir.UID{}).Own() {
		t.Error("nothing is taken for Weir's own")
	}
}

func TestNotOwn(t *testing.T) {
	t.Parallel()
	someone := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, Name: "weir"}}
	if err := weir.NotOwn(someone, "weir"); !weir.Invalid.In(err) {
		t.Errorf("the name is given away: %v", err)
	}
	if err := weir.NotOwn(someone, "weirs"); err != nil {
		t.Error(err)
	}
	if err := weir.NotOwn(weir.Principal{Ref: weir.System}, "weir"); err != nil {
		t.Error(err)
	}
}
