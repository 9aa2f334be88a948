package wire

// shapes are the bodies of the requests that the gateway lets through, in every
// version that it offers, as the definitions of Apache Kafka's protocol give
// them.
var shapes = map[int16]func(*walk){
	0: func(w *walk) { // Produce
		w.text()
		w.Span(2 + 4)
		w.list(func() {
			w.topic(13)
			w.list(func() { w.Span(4); w.bytes() })
		})
		w.tags(nil)
	},
	1: fetch,
	2: func(w *walk) { // ListOffsets
		w.Span(4)
		w.since(2, 1)
		w.list(func() {
			w.text()
			w.list(func() { w.Span(4); w.since(4, 4); w.Span(8) })
		})
		w.since(10, 4)
		w.tags(nil)
	},
	3: func(w *walk) { // Metadata
		w.list(func() { w.since(10, 16); w.text() })
		w.Span(1)
		if w.version <= 10 {
			w.since(8, 1)
		}
		w.since(8, 1)
		w.tags(nil)
		w.padding(3) // librdkafka 2.16 writes that much behind a request for all topics
	},
	8: func(w *walk) { // OffsetCommit
		w.text()
		w.Span(4)
		w.text()
		w.textSince(7)
		if w.version <= 4 {
			w.Span(8)
		}
		w.list(func() {
			w.topic(10)
			w.list(func() { w.Span(4 + 8); w.since(6, 4); w.text() })
		})
		w.tags(nil)
	},
	9: offsetFetch,
	10: func(w *walk) { // FindCoordinator
		if w.version <= 3 {
			w.text()
		}
		w.since(1, 1)
		if w.version >= 4 {
			w.texts()
		}
		w.tags(nil)
	},
	11: func(w *walk) { // JoinGroup
		w.text()
		w.Span(4)
		w.since(1, 4)
		w.text()
		w.textSince(5)
		w.text()
		w.list(func() { w.text(); w.bytes() })
		w.textSince(8)
		w.tags(nil)
	},
	12: func(w *walk) { w.text(); w.Span(4); w.text(); w.textSince(3); w.tags(nil) }, // Heartbeat
	13: func(w *walk) { // LeaveGroup
		w.text()
		if w.version <= 2 {
			w.text()
		} else {
			w.list(func() { w.text(); w.text(); w.textSince(5) })
		}
		w.tags(nil)
	},
	14: func(w *walk) { // SyncGroup
		w.text()
		w.Span(4)
		w.text()
		w.textSince(3)
		w.textSince(5)
		w.textSince(5)
		w.list(func() { w.text(); w.bytes() })
		w.tags(nil)
	},
	15: func(w *walk) { w.texts(); w.since(3, 1); w.tags(nil) }, // DescribeGroups
	16: func(w *walk) { // ListGroups
		if w.version >= 4 {
			w.texts()
		}
		if w.version >= 5 {
			w.texts()
		}
		w.tags(nil)
	},
	22: func(w *walk) { w.text(); w.Span(4); w.since(3, 8+2); w.tags(nil) }, // InitProducerId
	23: func(w *walk) { // OffsetForLeaderEpoch
		w.since(3, 4)
		w.list(func() {
			w.text()
			w.list(func() { w.Span(4); w.since(2, 4); w.Span(4) })
		})
		w.tags(nil)
	},
	24: func(w *walk) { // AddPartitionsToTxn
		w.text()
		w.Span(8 + 2)
		w.list(func() { w.text(); w.numbers() })
		w.tags(nil)
	},
	25: func(w *walk) { w.text(); w.Span(8 + 2); w.text(); w.tags(nil) }, // AddOffsetsToTxn
	26: func(w *walk) { w.text(); w.Span(8 + 2 + 1); w.tags(nil) },       // EndTxn
	28: func(w *walk) { // TxnOffsetCommit
		w.text()
		w.text()
		w.Span(8 + 2)
		w.since(3, 4)
		w.textSince(3)
		w.textSince(3)
		w.list(func() {
			w.topic(6)
			w.list(func() { w.Span(4 + 8); w.since(2, 4); w.text() })
		})
		w.tags(nil)
	},
	32: func(w *walk) { // DescribeConfigs
		w.list(func() { w.Span(1); w.text(); w.texts() })
		w.since(1, 1)
		w.since(3, 1)
		w.tags(nil)
	},
	42: func(w *walk) { w.texts(); w.tags(nil) }, // DeleteGroups
	47: func(w *walk) { // OffsetDelete
		w.text()
		w.list(func() { w.text(); w.list(func() { w.Span(4) }) })
	},
	60: func(w *walk) { w.Span(1); w.since(1, 1); w.since(2, 1); w.tags(nil) },                   // DescribeCluster
	61: func(w *walk) { w.list(func() { w.text(); w.numbers() }); w.tags(nil) },                  // DescribeProducers
	65: func(w *walk) { w.texts(); w.tags(nil) },                                                 // DescribeTransactions
	66: func(w *walk) { w.texts(); w.longNumbers(); w.since(1, 8); w.textSince(2); w.tags(nil) }, // ListTransactions
	68: func(w *walk) { // ConsumerGroupHeartbeat
		w.text()
		w.text()
		w.Span(4)
		w.text()
		w.text()
		w.Span(4)
		w.texts()
		w.textSince(1)
		w.text()
		w.list(func() { w.Span(16); w.numbers() })
		w.tags(nil)
	},
	69: func(w *walk) { w.texts(); w.Span(1); w.tags(nil) }, // ConsumerGroupDescribe
	75: func(w *walk) { // DescribeTopicPartitions
		w.list(w.text)
		w.Span(4)
		if present := w.Span(1); present != nil && int8(present[0]) >= 0 {
			w.text()
			w.Span(4)
			w.tags(nil)
		}
		w.tags(nil)
	},
}

func fetch(w *walk) {
	if w.version <= 14 {
		w.Span(4)
	}
	w.Span(4 + 4 + 4 + 1)
	w.since(7, 4+4)
	w.array(func() {
		w.topic(13)
		w.array(func() {
			w.Span(4)
			w.since(9, 4)
			w.Span(8)
			w.since(12, 4)
			w.since(5, 8)
			w.Span(4)
			w.tags(map[uint32]func(*walk){
				0: func(w *walk) { w.Span(16) },
				1: func(w *walk) { w.Span(8) },
			})
		})
		w.tags(nil)
	})
	if w.version >= 7 {
		w.list(func() { w.topic(13); w.numbers() })
	}
	w.textSince(11)
	w.tags(map[uint32]func(*walk){
		0: (*walk).text,
		1: func(w *walk) { w.Span(4 + 8); w.tags(nil) },
	})
}

func offsetFetch(w *walk) {
	if w.version <= 7 {
		w.text()
		w.list(func() { w.text(); w.numbers() })
	} else {
		w.list(func() {
			w.text()
			w.textSince(9)
			w.since(9, 4)
			w.list(func() { w.topic(10); w.numbers() })
		})
	}
	w.since(7, 1)
	w.tags(nil)
}
