package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/client"
)

// Clicks is the private stream that nobody published yet: it is there to be
// published. The application that writes page views writes it.
const Clicks = "edge._private.clicks"

// click is a record of it.
type click struct {
	ClickTime int64  `json:"clicktime"` // milliseconds since 1970
	UserID    string `json:"userid"`
	PageID    string `json:"pageid"`
	Element   string `json:"element"`
}

func (c click) key() string { return c.UserID }

// nextClick is somebody clicking on something.
func (w *world) nextClick() record {
	elements := []string{"buy", "sell", "search", "menu", "help"}
	return click{
		ClickTime: w.now().UnixMilli(), UserID: w.someone(), PageID: fmt.Sprintf("Page_%d", 1+w.rand.IntN(pages)),
		Element: elements[w.rand.IntN(len(elements))],
	}
}

// clicks makes the stream, if it is not there. Whoever ended it without its data
// keeps the name taken, and the demo goes on without.
func clicks(ctx context.Context, cl *client.Client) error {
	_, err := cl.Stream(ctx, Clicks)
	if missing(err) {
		_, err = cl.CreateStream(ctx, client.NewStream{
			Name: Clicks, Description: "What people click on, not published yet", Partitions: 1, Retention: "6h",
		})
	}
	var p *client.Problem
	if errors.As(err, &p) && p.Status == http.StatusConflict {
		return nil
	}
	return err
}

// clicking is a feed of the stream beside that of its application's product.
func clicking(of *feed, w *world) *feed {
	return &feed{app: of.app, rate: clicksPerSecond, next: w.nextClick, encode: asJSON, client: of.client, topic: Clicks}
}

func asJSON(r record) ([]byte, error) { return json.Marshal(r) }

// own lists the feeds that have a client of their own.
func own(fs []*feed) []*kgo.Client {
	var all []*kgo.Client
	for _, f := range fs {
		if f.topic == "" {
			all = append(all, f.client)
		}
	}
	return all
}
