package demo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo/world"
)

// Clicks is the private stream that nobody published yet: it is there to be
// published. The application that writes page views writes it.
const Clicks = clicksDomain + "._private.clicks"

const clicksDomain = "edge"

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
func clicking(of *feed) *feed {
	return &feed{app: of.app, rate: clicksPerSecond, next: (*world.World).NextClick, encode: asJSON, client: of.client, topic: Clicks}
}

func asJSON(r world.Record) ([]byte, error) { return json.Marshal(r) }

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
