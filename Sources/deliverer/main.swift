import LocalDelivery

Deliverer.run()
