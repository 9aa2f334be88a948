package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Question is what a person asked those who answer for a product.
type Question struct {
	Product    string     `json:"product"`
	Number     int        `json:"number" doc:"Within the product."`
	Text       string     `json:"text"`
	By         string     `json:"by" doc:"Who asked, as they were called then."`
	Asked      time.Time  `json:"asked"`
	Answer     string     `json:"answer,omitempty" doc:"Absent: nobody answered yet."`
	AnsweredBy string     `json:"answeredBy,omitempty"`
	Answered   *time.Time `json:"answered,omitempty"`
	MayAnswer  bool       `json:"mayAnswer" doc:"The caller may."`
	MayDelete  bool       `json:"mayDelete" doc:"The caller may."`
	Revision   uint64     `json:"revision"`
}

// Announcement is what those who answer for a product tell its consumers.
type Announcement struct {
	Product   string    `json:"product"`
	Number    int       `json:"number" doc:"Within the product."`
	Text      string    `json:"text"`
	By        string    `json:"by" doc:"Who announced it, as they were called then."`
	Announced time.Time `json:"announced"`
	Told      []string  `json:"told,omitempty" doc:"Teams that it was told to: their applications read the product, may, or plan to. For those alone who may watch the product."`
	MayDelete bool      `json:"mayDelete" doc:"The caller may."`
	Revision  uint64    `json:"revision"`
}

// Saying is a text about a product.
type Saying struct {
	Text string `json:"text" minLength:"1" maxLength:"4096" doc:"What is asked, answered or announced."`
}

// MyQuestions are questions that one asked, and those that one answers for, the
// newest first.
type MyQuestions struct {
	Items []Question `json:"items" nullable:"false"`
	More  bool       `json:"more,omitempty" doc:"There are others."`
}

// MyAnnouncements are what was announced to one's teams, and about what one answers
// for, the newest first.
type MyAnnouncements struct {
	Items []Announcement `json:"items" nullable:"false"`
	More  bool           `json:"more,omitempty" doc:"There are others."`
}

// Ask puts a question to those who answer for a product.
func (c *Client) Ask(ctx context.Context, product, text string, opts ...Option) (Question, error) {
	return call[Question](ctx, c, http.MethodPost, saidPath(product, "questions", 0), Saying{text}, opts)
}

// Questions lists the questions about a product, the newest first.
func (c *Client) Questions(ctx context.Context, product string) ([]Question, error) {
	return all[Question](ctx, c, saidPath(product, "questions", 0), url.Values{})
}

// SomeQuestions is a part of them: behind a cursor, and at most limit.
func (c *Client) SomeQuestions(ctx context.Context, product, cursor string, limit int) (List[Question], error) {
	return call[List[Question]](ctx, c, http.MethodGet, saidPath(product, "questions", 0)+part(cursor, limit), nil, nil)
}

// Answer answers a question, or answers it anew.
func (c *Client) Answer(ctx context.Context, product string, number int, text string, opts ...Option) (Question, error) {
	return call[Question](ctx, c, http.MethodPut, saidPath(product, "questions", number)+"/answer", Saying{text}, opts)
}

// DeleteQuestion takes a question and its answer away.
func (c *Client) DeleteQuestion(ctx context.Context, product string, number int, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, saidPath(product, "questions", number), nil, nil, opts...)
}

// MyQuestions lists questions that you asked, and those that you or your teams
// answer for; open: those alone that wait for your answer.
func (c *Client) MyQuestions(ctx context.Context, open bool) (MyQuestions, error) {
	return call[MyQuestions](ctx, c, http.MethodGet, "/questions?open="+strconv.FormatBool(open), nil, nil)
}

// Announce tells the consumers of a product something.
func (c *Client) Announce(ctx context.Context, product, text string, opts ...Option) (Announcement, error) {
	return call[Announcement](ctx, c, http.MethodPost, saidPath(product, "announcements", 0), Saying{text}, opts)
}

// Announcements lists what was announced about a product, the newest first.
func (c *Client) Announcements(ctx context.Context, product string) ([]Announcement, error) {
	return all[Announcement](ctx, c, saidPath(product, "announcements", 0), url.Values{})
}

// SomeAnnouncements is a part of them: behind a cursor, and at most limit.
func (c *Client) SomeAnnouncements(ctx context.Context, product, cursor string, limit int) (List[Announcement], error) {
	return call[List[Announcement]](ctx, c, http.MethodGet, saidPath(product, "announcements", 0)+part(cursor, limit), nil, nil)
}

func part(cursor string, limit int) string {
	return "?" + url.Values{"cursor": {cursor}, "limit": {strconv.Itoa(limit)}}.Encode()
}

// DeleteAnnouncement takes an announcement back.
func (c *Client) DeleteAnnouncement(ctx context.Context, product string, number int, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, saidPath(product, "announcements", number), nil, nil, opts...)
}

// MyAnnouncements lists what was announced to your teams, and about what you answer
// for.
func (c *Client) MyAnnouncements(ctx context.Context) (MyAnnouncements, error) {
	return call[MyAnnouncements](ctx, c, http.MethodGet, "/announcements", nil, nil)
}

func saidPath(product, what string, number int) string {
	path := "/products/" + seg(product) + "/" + what
	if number != 0 {
		path += "/" + strconv.Itoa(number)
	}
	return path
}
