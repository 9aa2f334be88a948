package demo

import (
	"context"

	"github.com/weirmesh/weir/client"
)

// Person is somebody of the demo who can sign in, as it stands in the file.
type Person struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Team     string `json:"team"`
}

// someone are the people of the demo besides the admin: one who owns products,
// and one who looks for some.
func someone() []Person {
	return []Person{{Name: "edge-owner", Team: "edge"}, {Name: "analyst", Team: readerTeam}}
}

// people makes those who are not there yet. Whose password is not known gets
// another.
func people(ctx context.Context, cl *client.Client, known map[string]string) ([]Person, error) {
	all := someone()
	for i := range all {
		p := &all[i]
		p.Password = known[p.Name]
		_, err := cl.Person(ctx, p.Name)
		var made client.Person
		switch {
		case missing(err):
			made, err = cl.CreatePerson(ctx, client.NewPerson{Name: p.Name})
		case err == nil && p.Password == "":
			made, err = cl.SetPassword(ctx, p.Name, client.NewPassword{})
		}
		if err != nil {
			return nil, err
		}
		if made.Password != "" {
			p.Password = made.Password
		}
	}
	return all, nil
}

// meanwhile makes the people beside all else: a password takes its time. The
// func waits for them, and puts them into their teams, which must be there.
func meanwhile(ctx context.Context, cl *client.Client, known map[string]string) func() ([]Person, error) {
	var all []Person
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		all, err = people(ctx, cl, known)
	}()
	return func() ([]Person, error) {
		<-done
		for _, p := range all {
			if _, err := cl.AddMember(ctx, p.Team, p.Name); err != nil {
				return nil, err
			}
		}
		return all, err
	}
}
