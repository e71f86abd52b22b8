import DaemonKit
import NullDelivery

Daemon.run("discard", parameters: [], privileges: .nothing) { startup in
    let service = startup.serviceName
    return { NullDeliveryService.discarding(service: service) }
}
